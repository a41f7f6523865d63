import type { Origin } from "../../errors/origin.js";
import type { Mode } from "../mode.js";
import type { Owner } from "../owner.js";
import type { Source } from "../source.js";

/** Copies files. A folder's contents are copied, not the folder; `dest` ending in `/` is a folder. */
export interface CopyStep {
  readonly kind: "copy";
  readonly sources: readonly Source[];
  /** As written: absolute or relative to the working folder of the image. */
  readonly dest: string;
  readonly owner?: Owner;
  readonly mode?: Mode;
  /** Patterns in `.dockerignore` grammar, relative to each source. */
  readonly exclude?: readonly string[];
  readonly origin?: Origin;
}
