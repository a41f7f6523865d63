import { isLayerwrightError } from "../../errors/layerwright-error.js";
import type {
  ChmodOperation,
  ChownOperation,
  CopyOperation,
  FileOperation,
  PlanSource,
  PlanStageSource,
} from "../../plan/operation.js";
import { programsOf } from "../../rootfs/apply-copy.js";
import { applyAdd, applyPrepared } from "../../rootfs/apply-operation.js";
import { checkProgram } from "../../rootfs/check-program.js";
import { fileDestination } from "../../rootfs/destination.js";
import { type LayerState, ownerOf } from "../../rootfs/draft-tree.js";
import { openRangeNow } from "../../rootfs/read-node.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { FolderNode } from "../../rootfs/tree.js";
import { type Unknown, type UnknownRegions, unknownContent, unknownMode } from "../../rootfs/unknown.js";
import type { DescribedImage } from "./described-image.js";

/** The state that an operation is carried out on when nothing is built. */
export interface DescribedState extends LayerState {
  readonly unknown: UnknownRegions;
  /** A stage that was described before. */
  stage(id: string): Pick<DescribedImage, "tree" | "unknown">;
}

/** The effect of an operation on files that are not here. */
export type UnseenEffect = "changes" | "removes" | undefined;

/** Carries out an operation as far as it can be without what only a build has. */
export function describeOperation(state: DescribedState, operation: FileOperation): UnseenEffect {
  switch (operation.op) {
    case "add": {
      const unknown = { because: "it is downloaded by the build", origin: operation.origin };
      applyAdd(state, operation, { size: 0, content: unknownContent(unknown) });
      return undefined;
    }
    case "copy":
      describeCopy(state, operation);
      return undefined;
    case "chmod":
    case "chown":
      // What the base or a command has there gets them; nothing more is known of it.
      if (isUnseen(state, operation)) return "changes";
      applyPrepared(state, operation);
      return undefined;
    case "remove": {
      const { path } = resolvePath(state.draft.tree, operation.path, { followLast: false });
      const unseen = state.unknown.within(path) !== undefined;
      applyPrepared(state, operation);
      state.unknown.remove(path);
      return unseen ? "removes" : undefined;
    }
    default:
      applyPrepared(state, operation);
      return undefined;
  }
}

function isUnseen({ draft, unknown }: DescribedState, { path }: ChmodOperation | ChownOperation): boolean {
  const found = resolvePath(draft.tree, path);
  return found.node === undefined && unknown.at(found.path) !== undefined;
}

function describeCopy(state: DescribedState, operation: CopyOperation): void {
  const sources = operation.sources.filter((source) => !isUnknownSource(state, source));
  if (sources.length > 0) {
    const known = { ...operation, sources };
    checkPrograms(state, known);
    applyPrepared(state, known);
  }
  copyUnknown(state, operation);
}

/** The check of `binary`. A loader that an unknown base may have is taken to be there. */
function checkPrograms(state: DescribedState, operation: CopyOperation): void {
  for (const { file, placing } of programsOf(state, operation)) {
    if (file.content.kind === "layer") continue;
    try {
      checkProgram(state, openRangeNow(file), placing);
    } catch (error) {
      const loader = isLayerwrightError(error) && LOADER_CODES.includes(error.code);
      if (!loader || !mayHaveLoader(state, state.draft.tree)) throw error;
    }
  }
}

const LOADER_CODES = ["BINARY_DYNAMIC", "BINARY_LIBRARY_MISSING"];

function mayHaveLoader({ unknown }: DescribedState, tree: FolderNode): boolean {
  return ["lib", "lib64", "usr/lib"].some(
    (path) => unknown.within(resolvePath(tree, path).path) !== undefined,
  );
}

/** True when a source is a path of another stage that only a build makes. */
function isUnknownSource(state: DescribedState, source: PlanSource): source is PlanStageSource {
  if (source.from !== "stage") return false;
  const { tree, unknown } = state.stage(source.stage);
  const { node, path } = resolvePath(tree, source.path);
  return node === undefined && unknown.at(path) !== undefined;
}

/** Tells what is known of a copy from other stages beside the files that they have by their descriptions. */
function copyUnknown(state: DescribedState, operation: CopyOperation): void {
  for (const source of operation.sources) {
    if (source.from !== "stage") continue;
    const { tree, unknown } = state.stage(source.stage);
    const { node, path } = resolvePath(tree, source.path);
    const why = unknown.within(path);
    if (why === undefined || (node !== undefined && node.type !== "folder")) continue;
    const because = `it is copied from ${source.path} of another stage: ${why.because}`;
    const reason: Unknown = { because, origin: why.origin ?? operation.origin };
    if (node === undefined && operation.executable === true)
      placeProgram(state, operation, source.path, reason);
    // A file goes to the destination or into it, a directory's files go into it.
    else state.unknown.add(destOf(state, operation), reason, true);
  }
}

function placeProgram(
  state: DescribedState,
  { dest, into, mode, owner, origin }: CopyOperation,
  source: string,
  unknown: Unknown,
): void {
  const name = source.slice(source.lastIndexOf("/") + 1);
  const place = fileDestination(state.draft.tree, dest, into, name, { source, origin });
  const ids = ownerOf(state, owner, origin);
  const bits = mode !== undefined && "octal" in mode ? mode.octal : unknownMode();
  const content = unknownContent(unknown);
  state.draft.set(place, { type: "file", mode: bits, ...ids, mtime: 0, size: 0, content });
}

function destOf({ draft }: DescribedState, { dest }: CopyOperation): string {
  return resolvePath(draft.tree, dest).path;
}
