import { type SharedImage, sharedImage } from "../analyze/sharing/share-images.js";
import { type SquashPrices, squashPrices } from "../analyze/sharing/squash-prices.js";
import type { SquashPolicy } from "../image/nodes.js";
import { baseStages, type Plan } from "../plan/plan.js";
import type { BuildSettings } from "./build.js";
import { decideLayers, inProject } from "./gate/gate.js";
import { namedProgress } from "./named-progress.js";
import { withObservedJobs } from "./observe.js";
import { prepareVariants } from "./prepare/prepare.js";
import { fullReference, type Project } from "./project.js";

/** An image of a catalog with its plan of today, and those of other policies where it is to be priced. */
export interface PlannedVariants {
  readonly name: string;
  readonly squash: SquashPolicy;
  readonly plan: Plan;
  /** Empty for an image that only counts for the others. */
  readonly variants: readonly { readonly squash: SquashPolicy; readonly plan: Plan }[];
}

/** The prices of a catalog's images, and the images as they are. */
interface PricedPlans {
  readonly prices: readonly SquashPrices[];
  readonly images: readonly SharedImage[];
}

/**
 * Builds all images of a project as they are and as they would be, and prices the difference.
 *
 * @param lowered as they were lowered, for one platform
 */
export async function priceProject(
  project: Project,
  lowered: readonly PlannedVariants[],
  given: BuildSettings,
): Promise<PricedPlans> {
  const settings = inProject(project, given);
  const { progress } = settings;
  const prepared = await prepareVariants(
    lowered.map(({ plan, variants }) => ({ plan, variants: variants.map((one) => one.plan) })),
    settings,
  );
  const planned = lowered.map((image, at): PlannedVariants => {
    const { plan, variants } = prepared[at]!;
    return { ...image, plan, variants: image.variants.map((one, of) => ({ ...one, plan: variants[of]! })) };
  });
  // What `"auto"` comes to is decided about the images that there are, not about those that there could be.
  const names = planned.map(({ name }) => name);
  await decideLayers(project, settings);
  const images = planned.map(withAuto);
  const jobs = images.flatMap(({ name, plan, variants }) => {
    const today = idOf(plan);
    const job = {
      name,
      references: [fullReference(`${project.name}/${name}`)],
      progress: progress && namedProgress(progress, name, names.length > 1),
    };
    const others = variants.filter((variant) => idOf(variant.plan) !== today);
    return [{ ...job, plan }, ...others.map((variant) => ({ ...job, plan: variant.plan, isVariant: true }))];
  });
  return withObservedJobs(jobs, settings, async (observed) => {
    const byStage = new Map(observed.map((image, at) => [idOf(jobs[at]!.plan), image]));
    // Images that are the same go by one stage, and have names of their own.
    const imageOf = (name: string, plan: Plan) => ({ ...sharedImage(byStage.get(idOf(plan))!), name });
    const carried = carriedBy(images);
    const shared = images.map(({ name, plan }) => imageOf(name, plan));
    const prices = squashPrices(
      images.map(({ name, squash, plan, variants }, at) => ({
        image: shared[at]!,
        squash,
        carries: (carried.get(idOf(plan)) ?? []).filter((other) => other !== at),
        variants: variants.map((variant) => ({ ...variant, image: imageOf(name, variant.plan) })),
      })),
    );
    return { prices, images: shared };
  });
}

/** What was decided for an image is one more policy beside those that it could have. */
function withAuto(image: PlannedVariants): PlannedVariants {
  const { squash, plan, variants } = image;
  if (squash !== "auto" || variants.length === 0) return image;
  return { ...image, variants: [...variants, { squash, plan }] };
}

/** The places of the images that stand on a stage, so that its layers are theirs. */
function carriedBy(images: readonly PlannedVariants[]): ReadonlyMap<string, readonly number[]> {
  const carried = new Map<string, number[]>();
  for (const [at, { plan }] of images.entries()) {
    for (const { id } of baseStages(plan).slice(1)) {
      const known = carried.get(id);
      if (known === undefined) carried.set(id, [at]);
      else known.push(at);
    }
  }
  return carried;
}

function idOf({ stages }: Plan): string {
  return stages.at(-1)!.id;
}
