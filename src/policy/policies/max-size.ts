import { sizeText } from "../../core/size.js";
import { beginCall } from "../../image/call.js";
import { readSize } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/** What `maxSize` measures. */
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
