import type { Origin } from "../../errors/origin.js";
import type { Owner } from "../owner.js";

/** Makes a symbolic link at `path` that says `target`. */
export interface SymlinkStep {
  readonly kind: "symlink";
  readonly target: string;
  readonly path: string;
  readonly owner?: Owner;
  readonly origin?: Origin;
}
