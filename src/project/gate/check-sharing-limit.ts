import { LayerObserver } from "../../analyze/layer-observer.js";
import { bytesOf, type SharedLayer } from "../../analyze/sharing/share-images.js";
import { mostShared } from "../../analyze/sharing/squash-prices.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { addressPlan } from "../../plan/address.js";
import { baseStages, type Plan, type Stage } from "../../plan/plan.js";
import { type BuildSettings, withBuiltImages } from "../build.js";
import { pinByLock } from "../lock/pin-plans.js";
import { observeBuilt, withObservedJobs } from "../observe.js";
import { type ImageVariants, prepareVariants } from "../prepare/prepare.js";
import type { SharingLimit } from "./sharing-limit.js";

/** Layers that images pass on: a plan that has these and no others, under the id of its last stage. */
interface Ground {
  readonly id: string;
  readonly plan: Plan;
  /** A base from outside, bare. */
  readonly outside?: true;
}

/**
 * Refuses an image squashed with `"all"` that takes more of its base than the catalog allows out of what other images
 * share. Of the others only the bases are made, into the store.
 *
 * @throws {PlanError} SQUASH_UNSHARES
 */
export async function checkSharingLimit(limit: SharingLimit, settings: BuildSettings): Promise<void> {
  const own: BuildSettings = { ...settings, cache: true, noCacheSteps: [] };
  for (const platform of limit.images[0]!.plans.keys()) {
    const prepared = await prepareVariants(
      limit.images.map(({ plans, checked }) => ({
        plan: plans[platform]!,
        variants: checked === undefined ? [] : [checked.keep[platform]!],
      })),
      settings,
    );
    const pinned = pinByLock(
      prepared.map(({ plan }) => plan),
      { ...settings, locked: false },
    );
    await checkPlatform(limit, prepared, pinned, own);
  }
}

async function checkPlatform(
  { images, maxUnshared }: SharingLimit,
  prepared: readonly ImageVariants[],
  plans: readonly Plan[],
  settings: BuildSettings,
): Promise<void> {
  const grounds = plans.map((plan) => groundsOf(plan));
  for (const [at, image] of images.entries()) {
    if (image.checked === undefined) continue;
    const [base, ...below] = baseGrounds(plans[at]!);
    // On nothing, there is nothing to share.
    if (base === undefined) continue;
    const mine = new Set([base, ...below].map(({ id }) => id));
    // What another image shares at most: where its own chain meets this one, else whatever it stands on in the end.
    const met = grounds.map((chain, other) =>
      other === at
        ? undefined
        : (chain.find(({ id }) => mine.has(id)) ?? chain.find(({ outside }) => outside)),
    );
    const unshared = await heldOfBase(base, met, settings);
    const { bytes } = bytesOf(unshared.map(({ layer }) => layer));
    if (bytes <= maxUnshared) continue;
    const { name, checked } = image;
    throw new PlanError(
      "SQUASH_UNSHARES",
      {
        image: name,
        saved: await savedBytes(name, prepared[at]!, settings),
        unshared: bytes,
        with: mostShared(unshared, (other) => images[other]!.name).map((other) => other.name),
        limit: maxUnshared,
      },
      { subject: name, origin: checked.origin },
    );
  }
}

/** The layers of a base that other images have too, with the places of these images. */
async function heldOfBase(
  base: Ground,
  others: readonly (Ground | undefined)[],
  settings: BuildSettings,
): Promise<readonly { readonly layer: SharedLayer; readonly holders: readonly number[] }[]> {
  const wanted = new Map([base, ...others.filter((it) => it !== undefined)].map((it) => [it.id, it.plan]));
  const ids = [...wanted.keys()];
  const jobs = [...wanted.values()].map((plan) => ({ plan, references: [] }));
  // The build that follows writes the lock; this look at it leaves no trace.
  return withBuiltImages(jobs, { ...settings, lock: false }, async (built, { store }) => {
    const layersOf = new Map(
      built.map(({ layers }, at) => [ids[at]!, new Set(layers.map(({ diffId }) => diffId))]),
    );
    const observer = new LayerObserver(store);
    const observed = await observeBuilt(built[0]!, "", observer);
    return observed.layers.flatMap((layer) => {
      const holders = [...others.keys()].filter(
        (at) => others[at] !== undefined && layersOf.get(others[at].id)!.has(layer.diffId),
      );
      return holders.length === 0 ? [] : [{ layer, holders }];
    });
  });
}

/** What the squash makes the image smaller by. */
async function savedBytes(
  name: string,
  { plan: own, variants: [keep] }: ImageVariants,
  settings: BuildSettings,
): Promise<number> {
  const both = [keep!, own];
  const [kept, all] = await withObservedJobs(
    pinByLock(both, { ...settings, locked: false }).map((plan, at) => ({
      name,
      plan,
      references: [],
      isVariant: at === 0,
    })),
    { ...settings, lock: false },
    async (images) => images.map(({ layers }) => bytesOf(layers).bytes),
  );
  return Math.max(0, kept! - all!);
}

/** What an image has in its layers: itself, then all that it stands on as far as its layers are passed on. */
function groundsOf(plan: Plan): readonly Ground[] {
  const chain = baseStages(plan);
  const grounds = chain.map((stage) => ({ id: stage.id, plan: upTo(plan, stage) }));
  const last = chain.at(-1)!;
  if (last.squash === "all") return grounds;
  const outside = bareBase(plan, last);
  return outside === undefined ? grounds : [...grounds, outside];
}

/** What the base of an image squashed with `"all"` has in its layers. */
function baseGrounds(plan: Plan): readonly Ground[] {
  const last = plan.stages.at(-1)!;
  if (last.base.kind !== "stage") {
    const outside = bareBase(plan, last);
    return outside === undefined ? [] : [outside];
  }
  const { stage: id } = last.base;
  return groundsOf(upTo(plan, plan.stages.find((stage) => stage.id === id)!));
}

function upTo(plan: Plan, stage: Stage): Plan {
  return { ...plan, stages: plan.stages.slice(0, plan.stages.indexOf(stage) + 1) };
}

/** The base of a stage alone. */
function bareBase(plan: Plan, { base }: Stage): Ground | undefined {
  if (base.kind === "scratch") return undefined;
  const bare = addressPlan({
    ...plan,
    stages: [{ id: "", base, layers: [], config: [], squash: "keep" }],
  });
  return { id: bare.stages[0]!.id, plan: bare, outside: true };
}
