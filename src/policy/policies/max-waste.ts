import { sizeText } from "../../core/size.js";
import { beginCall } from "../../image/call.js";
import { percentText, readLimit } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/**
 * An image carries no more than this of what nobody needs, as {@link waste} counts it: `MAX_WASTE`. Bytes of files, or
 * their share of all.
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
        // Loaded when it is asked: every program that describes images loads this module.
        const { wasteOf } = await import("../../analyze/waste/waste-of.js");
        const { wastedBytes, contentBytes, rows } = await wasteOf(built);
        const share = contentBytes === 0 ? 0 : wastedBytes / contentBytes;
        if ("bytes" in most ? wastedBytes <= most.bytes : share <= most.share) return undefined;
        const allowed = "bytes" in most ? sizeText(most.bytes) : percentText(most.share);
        const [worst] = rows;
        const mostly = worst === undefined ? "" : `, most of it ${worst.what} (${sizeText(worst.bytes)})`;
        return {
          message: `${sizeText(wastedBytes)} of it (${percentText(share)}) nobody needs${mostly}; allowed are ${allowed}`,
          fix: `${worst?.fix ?? "remove it"}; \`layerwright waste\` lists all`,
          bytes: wastedBytes,
          origin: worst?.origin ?? originOf("cmd"),
        };
      },
    },
    options,
  );
}
