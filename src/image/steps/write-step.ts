import type { Origin } from "../../errors/origin.js";
import type { Mode } from "../mode.js";
import type { Owner } from "../owner.js";

/** Writes a file with contents from the description. */
export interface WriteStep {
  readonly kind: "write";
  readonly path: string;
  readonly contents: string | Uint8Array;
  readonly owner?: Owner;
  readonly mode: Mode;
  readonly origin?: Origin;
}
