import type { Origin } from "../../errors/origin.js";

/** Sets annotations of the image manifest. A Dockerfile cannot carry them; the build command does. */
export interface AnnotationStep {
  readonly kind: "annotation";
  readonly annotations: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}
