import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { isSignal, signalNames } from "../../oci/signal.js";
import { beginCall, refuse } from "../call.js";
import { closestName } from "../closest-name.js";

/** Sets the signal that stops the container. */
export interface StopSignalStep {
  readonly kind: "stopSignal";
  readonly signal: string;
  readonly origin?: Origin;
}

/**
 * Makes the step that sets the signal that stops the container: `"SIGTERM"`, `"SIGRTMIN+3"` or a number 1 to 64.
 *
 * @throws {DefinitionError} SIGNAL_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.stopSignal("SIGQUIT"));
 * ```
 */
export function stopSignal(signal: string | number): StopSignalStep {
  const call = beginCall("stopSignal");
  const text = typeof signal === "number" || typeof signal === "string" ? String(signal) : "";
  if (!isSignal(text)) {
    const prefixed = text.startsWith("SIG") ? text : `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
    refuse(call, "SIGNAL_INVALID", { got: signal, suggestion: closestName(prefixed, signalNames) });
  }
  return deepFreeze({ kind: "stopSignal", signal: text, origin: call.origin });
}
