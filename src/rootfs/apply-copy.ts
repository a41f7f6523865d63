import { MOST_FILE_BYTES } from "../archive/entry-header.js";
import { PatternError } from "../core/glob.js";
import { parseIgnoreList } from "../core/ignore-rules.js";
import { baseName } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { CopyOperation, PlanSource, PlanStageSource } from "../plan/operation.js";
import type { FileSource, SourceEntry, SourceMatch } from "../ports/file-source.js";
import {
  type CopyRules,
  contextNode,
  mergeContext,
  StageMerge,
  stageNode,
  topFolderMode,
} from "./copied-tree.js";
import { fileDestination, folderDestination, type Placing, typeText } from "./destination.js";
import { type LayerState, ownerOf } from "./draft-tree.js";
import { resolvePath, similarPath } from "./resolve.js";
import type { FileNode, FolderNode, TreeNode } from "./tree.js";

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

/**
 * Lists what each context source of a copy matches; both syntheses ask here, so that both refuse the same.
 *
 * @throws {PlanError} COPY_NEEDS_SLASH, SOURCES_EXCLUDED, SOURCE_TOO_LARGE
 */
export function listSources(
  files: FileSource,
  operation: Pick<CopyOperation, "sources" | "exclude" | "dest" | "into" | "origin" | "maxFileSize">,
): ReadonlyMap<PlanSource, readonly SourceMatch[]> {
  const { sources, exclude = [], dest, into, origin } = operation;
  const listed = new Map<PlanSource, readonly SourceMatch[]>();
  for (const source of sources) {
    if (source.from === "context") listed.set(source, files.list(source.context, source.path, exclude));
  }
  const matches = [...listed.values()].flat();
  for (const match of matches) refuseLarge(match, operation.maxFileSize ?? MOST_FILE_BYTES, origin);
  if (matches.length === 0 && listed.size === sources.length) {
    const paths = sources.map(({ path }) => path);
    throw new PlanError("SOURCES_EXCLUDED", { sources: paths, exclude }, { subject: paths[0], origin });
  }
  // One name for two files would leave the last one; COPY asks for the slash too, but not of a pattern.
  if (!into && matches.length > 1 && matches.some(({ shape }) => shape === "file")) {
    const paths = matches.slice(0, 3).map(({ path }) => path);
    const more = matches.length > 3 ? ["..."] : [];
    throw new PlanError(
      "COPY_NEEDS_SLASH",
      { dest, sources: [...paths, ...more] },
      { subject: dest, origin },
    );
  }
  return listed;
}

function refuseLarge({ path, entries }: SourceMatch, limit: number, origin: Origin | undefined): void {
  for (const { path: below, size } of entries) {
    if (size <= limit) continue;
    const file = [path, below].filter((part) => part !== "" && part !== ".").join("/");
    throw new PlanError("SOURCE_TOO_LARGE", { path: file, size, limit }, { subject: file, origin });
  }
}
