import { isLayerwrightError } from "../../errors/layerwright-error.js";
import { resolvePath } from "../../layer/resolve.js";
import type { FolderNode } from "../../layer/tree-node.js";
import type { ChmodOperation, ChownOperation, CopyOperation, FileOperation } from "../../plan/operation.js";
import { checkProgram } from "../elf/check-executable.js";
import { openRangeNow } from "../elf/range-reader.js";
import { programsOf } from "../operations/apply-copy.js";
import type { LayerState } from "../operations/layer-state.js";
import { applyAdd } from "../operations/simple-operations.js";
import { applyPrepared } from "../stages/apply-operation.js";
import { copyUnknown, isUnknownSource } from "./copy-unknown.js";
import type { DescribedImage } from "./described-image.js";
import { unknownContent } from "./unknown.js";
import type { UnknownRegions } from "./unknown-regions.js";

/** What an operation is carried out on when nothing is built. */
export interface DescribedState extends LayerState {
  readonly unknown: UnknownRegions;
  /** A stage that was described before. */
  stage(id: string): Pick<DescribedImage, "tree" | "unknown">;
}

/** What an operation does to files that are not here. */
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
