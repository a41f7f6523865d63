import { sizeText } from "../../core/size.js";
import { beginCall } from "../../image/call.js";
import { percentText, readLimit } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/**
 * An image grows by no more than this against the build before it: `MAX_GROWTH`. Compressed bytes of all layers, as the
 * store remembers them of the last build; an image that was never built here has nothing to grow from.
 *
 * @param limit text as `5MB` or `10%`, or bytes
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, maxGrowth } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "#!/bin/sh\n");
 * export default new Catalog("acme", { app }, { policies: [maxGrowth("10%", { severity: "warning" })] });
 * ```
 */
export function maxGrowth(limit: string | number, options: PolicyOptions = {}): Policy {
  const call = beginCall("maxGrowth");
  const most = readLimit(call, limit);
  return makePolicy(
    call,
    "MAX_GROWTH",
    {
      built: ({ built: { earlier, size }, originOf }) => {
        if (earlier === undefined) return undefined;
        const bytes = size - earlier.size;
        const allowed = "bytes" in most ? most.bytes : most.share * earlier.size;
        if (bytes <= allowed) return undefined;
        const limit = "bytes" in most ? sizeText(most.bytes) : percentText(most.share);
        return {
          message: `it grew by ${sizeText(bytes)} to ${sizeText(size)} compressed since its last build, allowed are ${limit}`,
          fix: "look at what came in, or let this one stand with a suppression",
          bytes,
          origin: originOf("cmd"),
        };
      },
    },
    options,
  );
}
