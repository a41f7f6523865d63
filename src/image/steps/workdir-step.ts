import type { Origin } from "../../errors/origin.js";

/** Sets the working folder and makes it where it is missing, owned by the image's user at that point. */
export interface WorkdirStep {
  readonly kind: "workdir";
  /** As written: absolute, or relative to the working folder before. */
  readonly path: string;
  readonly origin?: Origin;
}
