import type { Origin } from "../../errors/origin.js";

/** Sets the default command or the entry point's arguments. */
export interface CmdStep {
  readonly kind: "cmd";
  readonly args: readonly string[];
  readonly origin?: Origin;
}
