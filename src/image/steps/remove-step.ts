import type { Origin } from "../../errors/origin.js";

/** Removes a file or a folder with all in it. What a lower layer holds stays in that layer's bytes. */
export interface RemoveStep {
  readonly kind: "remove";
  readonly path: string;
  readonly origin?: Origin;
}
