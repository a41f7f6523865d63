import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { parsePorts } from "../../oci/port.js";
import { beginCall, refuse } from "../call.js";

/** Documents ports that the image listens on. */
export interface ExposeStep {
  readonly kind: "expose";
  /** `80/tcp`, with ranges already spelled out. */
  readonly ports: readonly string[];
  readonly origin?: Origin;
}

/**
 * Makes the step that documents ports that the image listens on: `80`, `"80/tcp"`, `"53/udp"`, or an ascending
 * range `"8000-8003"`, which is spelled out. Protocols are tcp (the default), udp and sctp.
 *
 * @throws {DefinitionError} PORT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.expose(80, "443/tcp", "443/udp"));
 * ```
 */
export function expose(...ports: readonly (number | string)[]): ExposeStep {
  const call = beginCall("expose");
  const spelled = ports.flatMap((port) => {
    const parsed = parsePorts(port);
    return "ports" in parsed
      ? parsed.ports
      : refuse(call, "PORT_INVALID", { got: port, reason: parsed.reason });
  });
  return deepFreeze({ kind: "expose", ports: [...new Set(spelled)], origin: call.origin });
}
