import type { Origin } from "../../errors/origin.js";

/** Documents ports that the image listens on. */
export interface ExposeStep {
  readonly kind: "expose";
  /** `80/tcp`, with ranges already spelled out. */
  readonly ports: readonly string[];
  readonly origin?: Origin;
}
