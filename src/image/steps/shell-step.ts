import type { Origin } from "../../errors/origin.js";

/** Sets the shell that later string commands run under. */
export interface ShellStep {
  readonly kind: "shell";
  readonly args: readonly string[];
  readonly origin?: Origin;
}
