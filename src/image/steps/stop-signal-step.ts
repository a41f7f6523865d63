import type { Origin } from "../../errors/origin.js";

/** Sets the signal that stops the container. */
export interface StopSignalStep {
  readonly kind: "stopSignal";
  readonly signal: string;
  readonly origin?: Origin;
}
