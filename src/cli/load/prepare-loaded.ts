import type { LookUpBasesOptions } from "../../project/prepare/known-bases.js";
import { preparePlans } from "../../project/prepare/prepare.js";
import type { LoadedCatalog, LoweredCatalog } from "./loaded-catalog.js";

/** Prepares the plans of a whole catalog together, and leaves the images that were asked for. */
export async function prepareLoaded(
  { images, chosen, ...catalog }: LoweredCatalog,
  options: LookUpBasesOptions,
): Promise<LoadedCatalog> {
  const lowered = images.flatMap(({ plans }) => plans.map((plan) => plan.lowered));
  const prepared = await preparePlans(lowered, options);
  const optimized = new Map(lowered.map((plan, at) => [plan, prepared[at]!]));
  const loaded = images.map((image) => ({
    ...image,
    plans: image.plans.map((plan) => ({ ...plan, optimized: optimized.get(plan.lowered)! })),
  }));
  const byName = new Map(loaded.map((image) => [image.name, image]));
  return { ...catalog, images: chosen.map((name) => byName.get(name)!) };
}
