import type { Plan, Stage } from "../plan.js";
import type { PassRecord, PassWarning } from "../record.js";
import type { CatalogView } from "./catalog-view.js";

/** What a pass may ask about the files of a context; undefined where nobody looked. */
export type SourceProbe = (
  context: string | undefined,
  path: string,
) => "file" | "folder" | "missing" | undefined;

/** What a pass writes down, and what it may ask. */
export interface PassLog {
  record(entry: Omit<PassRecord, "pass">): void;
  warn(entry: Omit<PassWarning, "pass">): void;
  /** Notes that what a base from outside holds decided whether this stage changes. */
  settledByBase(stage: Stage): void;
  readonly probe: SourceProbe;
  /** The layers of all images that are optimized together, as they are before this pass. */
  readonly catalog: CatalogView;
}

/**
 * A rewrite that makes the image smaller or its build faster and never changes the final root file system.
 * It is safe or does not fire.
 */
export interface Pass {
  readonly name: string;
  apply(plan: Plan, log: PassLog): Plan;
}
