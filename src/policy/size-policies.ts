import { sizeText } from "../core/size.js";
import { beginCall } from "../image/call.js";
import {
  makePolicy,
  type Policy,
  type PolicyOptions,
  percentText,
  readCount,
  readLimit,
  readSize,
} from "./policy.js";

/** Options of `maxSize`. */
export interface MaxSizeOptions extends PolicyOptions {
  /** Weighs what a registry holds and a pull moves, instead of what a machine unpacks. @default - false */
  readonly compressed?: boolean;
}

/**
 * An image is no larger than this, its base included: `MAX_SIZE`. Uncompressed bytes of the layers' tars, as `docker
 * images` has them, unless `compressed`.
 *
 * @param limit bytes, or text as `200MB` and `64MiB`
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, maxSize } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "#!/bin/sh\n");
 * const policies = [maxSize("20MB"), maxSize("8MB", { compressed: true, severity: "warning" })];
 * export default new Catalog("acme", { app }, { policies });
 * ```
 */
export function maxSize(limit: string | number, options: MaxSizeOptions = {}): Policy {
  const call = beginCall("maxSize");
  const most = readSize(call, limit);
  const { compressed = false, ...rest } = options;
  const built: NonNullable<Policy["checks"]["built"]> = ({ built, originOf }) => {
    const bytes = compressed ? built.size : built.uncompressedSize;
    if (bytes <= most) return undefined;
    const weigh = (layer: (typeof built.layers)[number]) =>
      compressed ? layer.size : layer.uncompressedSize;
    const largest = built.layers.reduce((one, other) => (weigh(other) > weigh(one) ? other : one));
    const whose = largest.inherited ? "of its base" : (largest.description ?? "without a description");
    const message = `it has ${sizeText(bytes)}${compressed ? " compressed" : ""}, allowed are ${sizeText(most)}; the largest layer is the one ${largest.inherited ? whose : `of ${whose}`} with ${sizeText(weigh(largest))}`;
    return {
      message,
      fix: "make that layer smaller, or start from a smaller base",
      bytes: bytes - most,
      origin: originOf("cmd"),
    };
  };
  return makePolicy(call, "MAX_SIZE", { built }, rest);
}

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
        const { wasteOf } = await import("../analyze/waste/waste-of.js");
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
