import { beginCall } from "../../image/call.js";
import { readCount } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/**
 * An image has no more layers than this, those of its base included: `MAX_LAYERS`. Docker's storage takes 127.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, maxLayers } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "#!/bin/sh\n");
 * export default new Catalog("acme", { app }, { policies: [maxLayers(20)] });
 * ```
 */
export function maxLayers(limit: number, options: PolicyOptions = {}): Policy {
  const call = beginCall("maxLayers");
  const most = readCount(call, limit);
  return makePolicy(
    call,
    "MAX_LAYERS",
    {
      built: ({ built: { layers }, originOf }) => {
        if (layers.length <= most) return undefined;
        const inherited = layers.filter((layer) => layer.inherited).length;
        return {
          message: `it has ${layers.length} layers, ${inherited} of them of its base; allowed are ${most}`,
          fix: 'make one layer of its own steps: .squash("own"), or .layer(name, recipe) for some',
          origin: originOf("cmd"),
        };
      },
    },
    options,
  );
}
