import type { Origin } from "../../errors/origin.js";
import type { Mode } from "../mode.js";
import type { Owner } from "../owner.js";

/** Makes a folder (and the parents it lacks, as root 0755). One that exists gets the mode and owner asked for. */
export interface MkdirStep {
  readonly kind: "mkdir";
  readonly path: string;
  readonly owner?: Owner;
  readonly mode: Mode;
  readonly origin?: Origin;
}
