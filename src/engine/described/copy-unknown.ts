import { resolvePath } from "../../layer/resolve.js";
import type { CopyOperation, PlanSource, PlanStageSource } from "../../plan/operation.js";
import { fileDestination } from "../operations/destination.js";
import { ownerOf } from "../operations/layer-state.js";
import type { DescribedState } from "./describe-operation.js";
import { type Unknown, unknownContent, unknownMode } from "./unknown.js";

/** True when a source is a path of another stage that only a build makes. */
export function isUnknownSource(state: DescribedState, source: PlanSource): source is PlanStageSource {
  if (source.from !== "stage") return false;
  const { tree, unknown } = state.stage(source.stage);
  const { node, path } = resolvePath(tree, source.path);
  return node === undefined && unknown.at(path) !== undefined;
}

/** Tells what is known of a copy from other stages beside the files that they have by their descriptions. */
export function copyUnknown(state: DescribedState, operation: CopyOperation): void {
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
    // A file goes to the destination or into it, a folder's files go into it.
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
