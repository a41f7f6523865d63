import type { Origin } from "../../errors/origin.js";
import type { Mode } from "../mode.js";

/** Changes permission bits. */
export interface ChmodStep {
  readonly kind: "chmod";
  readonly path: string;
  readonly mode: Mode;
  readonly recursive?: boolean;
  readonly origin?: Origin;
}
