import type { SquashPrices } from "../analyze/sharing/squash-prices.js";
import type { Catalog } from "../catalog/catalog.js";
import { observedPlatform } from "../project/platforms.js";
import { lowerImage } from "../project/prepare.js";
import { openProject } from "../project/project.js";
import type { ShareOptions } from "./share.js";

/** How the images of a catalog are made to be priced. */
export type PriceSquashOptions = Omit<ShareOptions, "having">;

/**
 * Prices the squash policies `"keep"`, `"own"` and `"all"` for each image of a catalog, before one is chosen: the bytes
 * that the image gets smaller by, the bytes that it no longer shares and with whom, and what the effective bytes of the
 * whole catalog change by. The other images keep their policies, and those that stand on the image follow it. All bytes
 * are those of uncompressed layer tars of images that are really built, into the store, for one platform: this machine's,
 * or the first.
 *
 * @throws {PlanError} those of `build`
 * @example
 * ```ts
 * import { Catalog, Image, priceSquash } from "layerwright";
 *
 * const base = Image.scratch().write("/etc/motd", "acme\n".repeat(1000));
 * const api = Image.from(base).write("/srv/api", "1").write("/srv/api", "2");
 * const web = Image.from(base).write("/srv/web", "3");
 * for (const { name, prices } of await priceSquash(new Catalog("acme", { api, web }))) {
 *   for (const price of prices) console.log(name, price.squash, price.savedBytes, price.unsharedBytes, price.netBytes);
 * }
 * ```
 */
export async function priceSquash(
  catalog: Catalog,
  options: PriceSquashOptions = {},
): Promise<readonly SquashPrices[]> {
  const { platform = observedPlatform(catalog.platforms), ...settings } = options;
  const { pricedPolicies } = await import("../analyze/sharing/squash-prices.js");
  const { priceProject } = await import("../project/price-squash.js");
  const project = await openProject(catalog, { ...settings, platforms: [platform] });
  const { context } = project;
  const lowered = [...catalog].map(([name, { node }]) => {
    const planOf = (squash = node.squash) => lowerImage({ ...node, squash }, { platform, context });
    const variants = pricedPolicies.map((squash) => ({ squash, plan: planOf(squash) }));
    return { name, squash: node.squash, plan: planOf(), variants };
  });
  return (await priceProject(project, lowered, settings)).prices;
}
