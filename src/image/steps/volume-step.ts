import type { Origin } from "../../errors/origin.js";

/** Declares mount points for data. */
export interface VolumeStep {
  readonly kind: "volume";
  readonly paths: readonly string[];
  readonly origin?: Origin;
}
