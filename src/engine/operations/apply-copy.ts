import { PatternError } from "../../core/glob.js";
import { parseIgnoreList } from "../../core/ignore-rules.js";
import { baseName } from "../../core/posix-path.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { resolvePath } from "../../layer/resolve.js";
import type { FileNode, FolderNode, TreeNode } from "../../layer/tree-node.js";
import type { CopyOperation, PlanStageSource } from "../../plan/operation.js";
import type { SourceEntry } from "../../ports/file-source.js";
import { contextNode, mergeContext } from "./copy-context.js";
import { type CopyRules, topFolderMode } from "./copy-rules.js";
import { StageMerge, stageNode } from "./copy-stage.js";
import { fileDestination, folderDestination, type Placing, typeText } from "./destination.js";
import { similarPath } from "./find-path.js";
import { type LayerState, ownerOf } from "./layer-state.js";
import { listSources } from "./listed-sources.js";

/** Something that a copy copies, found. */
type Found =
  | { readonly kind: "node"; readonly name: string; readonly node: TreeNode; readonly source: string }
  | {
      readonly kind: "entries";
      readonly entries: readonly SourceEntry[];
      readonly mode: number | undefined;
      readonly source: string;
    }
  | { readonly kind: "tree"; readonly folder: FolderNode; readonly source: string };

/**
 * Copies files of a context or of another stage.
 *
 * @param asOnDisk takes all permission bits of a context from the disk
 */
export function applyCopy(
  state: LayerState,
  operation: CopyOperation,
  asOnDisk = operation.asOnDisk === true,
): void {
  const { dest, into, origin } = operation;
  const rules = { ...rulesOf(state, operation), asOnDisk };
  for (const item of findAll(state, operation, rules)) {
    const placing: Placing = { source: item.source, origin };
    if (item.kind === "node") {
      const place = fileDestination(state.draft.tree, dest, into, item.name, placing);
      state.draft.set(place, item.node);
    } else {
      mergeFolder(state, operation, item, rules, placing);
    }
  }
}

/** The programs that a `binary` copies, each with what messages say of it; none for other copies. */
export function programsOf(
  state: LayerState,
  operation: CopyOperation,
): { readonly file: FileNode; readonly placing: Placing }[] {
  if (operation.executable !== true) return [];
  const rules = rulesOf(state, operation);
  return findAll(state, operation, rules).map((item) => {
    const placing: Placing = { source: item.source, origin: operation.origin };
    return { file: executableFile(item, placing), placing };
  });
}

function rulesOf(state: LayerState, { owner, mode, origin }: CopyOperation): CopyRules {
  return { ids: owner === undefined ? undefined : ownerOf(state, owner, origin), mode };
}

function mergeFolder(
  state: LayerState,
  operation: CopyOperation,
  item: Exclude<Found, { kind: "node" }>,
  rules: CopyRules,
  placing: Placing,
): void {
  const { draft } = state;
  const path = folderDestination(draft.tree, operation.dest, placing);
  const isNew = resolvePath(draft.tree, `/${path}`, { followLast: false }).node === undefined;
  const folder = draft.writable(path);
  if (isNew) {
    const onDisk = item.kind === "entries" ? item.mode : undefined;
    Object.assign(folder, rules.ids, { mode: topFolderMode(rules, onDisk) });
  }
  if (item.kind === "entries") mergeContext(draft, folder, path, item.entries, rules, placing);
  else new StageMerge(draft, rules, excludeRules(operation), placing).merge(folder, path, item.folder);
}

function findAll(state: LayerState, operation: CopyOperation, rules: CopyRules): Found[] {
  const listed = listSources(state.files, operation);
  return operation.sources.flatMap((source): Found[] => {
    if (source.from === "stage") return findInStage(state, operation, source, rules);
    return listed.get(source)!.map((match): Found => {
      const { entries, mode } = match;
      if (match.shape === "folder") return { kind: "entries", entries, mode, source: match.path };
      const node = contextNode(entries[0]!, rules);
      return { kind: "node", name: baseName(match.path), node, source: match.path };
    });
  });
}

function findInStage(
  state: LayerState,
  operation: CopyOperation,
  source: PlanStageSource,
  rules: CopyRules,
): Found[] {
  const tree = state.stageTree(source.stage);
  const { node } = resolvePath(tree, source.path);
  const { path } = source;
  if (node === undefined) {
    const similar = similarPath(tree, path);
    throw new PlanError(
      "STAGE_PATH_NOT_FOUND",
      { path, similar },
      { subject: path, origin: operation.origin },
    );
  }
  if (node.type === "folder") return [{ kind: "tree", folder: node, source: path }];
  const name = baseName(path);
  // As for a file of a context: one that is named is left out all the same.
  if (excludeRules(operation).decideAlone(name).ignored) return [];
  return [{ kind: "node", name, node: stageNode(node, rules), source: path }];
}

function excludeRules(operation: CopyOperation) {
  try {
    return parseIgnoreList(operation.exclude ?? []);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { pattern, reason } = error;
    throw new PlanError("PATTERN_BAD", { pattern, reason }, { subject: pattern, origin: operation.origin });
  }
}

/** The file that a `binary` is about; anything else is refused. */
function executableFile(item: Found, placing: Placing): FileNode {
  if (item.kind === "node" && item.node.type === "file") return item.node;
  const found = item.kind === "node" ? typeText(item.node) : "folder";
  const { source, origin } = placing;
  throw new PlanError("BINARY_NOT_FILE", { source, found }, { subject: source, origin });
}
