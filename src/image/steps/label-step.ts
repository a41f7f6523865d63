import type { Origin } from "../../errors/origin.js";

/** Sets labels of the image config. */
export interface LabelStep {
  readonly kind: "label";
  readonly labels: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}
