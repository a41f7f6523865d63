import { wasteOf } from "../../analyze/waste/waste-of.js";
import { sizeText } from "../../core/size-text.js";
import { beginCall } from "../../image/call.js";
import { percentText, readLimit } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/**
 * An image carries no more than this of what no container sees: `MAX_WASTE`. Bytes of files that a later layer overwrote
 * or removed, or their share of all.
 *
 * @param limit text as `5MB` or `3%`, or bytes
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, maxWaste } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "#!/bin/sh\n");
 * export default new Catalog("acme", { app }, { policies: [maxWaste("3%")] });
 * ```
 */
export function maxWaste(limit: string | number, options: PolicyOptions = {}): Policy {
  const call = beginCall("maxWaste");
  const most = readLimit(call, limit);
  return makePolicy(
    call,
    "MAX_WASTE",
    {
      built: async ({ built, originOf }) => {
        const { wastedBytes, efficiency } = await wasteOf(built);
        const share = 1 - efficiency;
        if ("bytes" in most ? wastedBytes <= most.bytes : share <= most.share) return undefined;
        const allowed = "bytes" in most ? sizeText(most.bytes) : percentText(most.share);
        return {
          message: `${sizeText(wastedBytes)} of it (${percentText(share)}) no container sees, allowed are ${allowed}`,
          fix: "remove files in the layer that makes them, and set modes where they are copied",
          bytes: wastedBytes,
          origin: originOf("cmd"),
        };
      },
    },
    options,
  );
}
