import type { Catalog } from "../catalog/catalog.js";
import { missingFrom, needsOf } from "../lock/lock-needs.js";
import { platformText } from "../oci/platform.js";
import type { Plan } from "../plan/plan.js";
import type { WholeCatalog } from "./lock-options.js";
import { lockOf } from "./pin-by-lock.js";
import type { PinOptions } from "./pin-plans.js";
import { type PrepareOptions, prepareCatalog } from "./prepare-plans.js";

/** All images of a catalog, which squash `"auto"` is decided for. */
export function wholeOf(catalog: Catalog, options: PrepareOptions): WholeCatalog {
  return {
    maxLayers: catalog.maxLayers,
    async plans(platforms = catalog.platforms.map(platformText)) {
      const prepared = await prepareCatalog(catalog, platforms, options);
      return catalog.names.flatMap((name) =>
        platforms.map((platform) => ({ name, plan: prepared(name, platform).plan })),
      );
    },
  };
}

/**
 * Decides the layers of squash `"auto"` before anything looks at the plans that a verb is about, so that its policies and
 * limits see the same images the first time as ever after. Does nothing where all is decided, or nothing may be.
 *
 * @returns whether something was decided
 */
export async function decideFirst(plans: readonly Plan[], options: PinOptions): Promise<boolean> {
  if (options.lock === false || options.locked === true || options.offline === true) return false;
  const needs = needsOf(plans);
  if (needs.layering.size === 0) return false;
  const { lock } = lockOf(options);
  if (!missingFrom(needs, lock).some(({ kind }) => kind === "layering")) return false;
  const { pinPlans } = await import("./pin-plans.js");
  await pinPlans(plans, options);
  return true;
}
