import type { OwnerFlag } from "./owner-flag.js";
import type { StageDraft } from "./stage-draft.js";

/** The folder that a side stage lays things out in; odd enough to meet nothing where a base is below. */
export const OUT = "/.layer";

/** A stage for the content of a path in which the flags can be given: from scratch, or with the image's accounts. */
export function sideStage(draft: StageDraft, path: string, owner: OwnerFlag | undefined): StageDraft {
  return owner?.byName ? draft.withAccounts(path) : draft.prep(path);
}

/** A folder as a destination: with a slash at the end. */
export function slashed(folder: string): string {
  return folder === "/" ? "/" : `${folder}/`;
}
