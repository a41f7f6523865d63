import type { Origin } from "../../errors/origin.js";

/** Sets the entry point; a command inherited from the base is dropped, as Docker does. */
export interface EntrypointStep {
  readonly kind: "entrypoint";
  readonly args: readonly string[];
  readonly origin?: Origin;
}
