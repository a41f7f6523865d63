import { resolve } from "node:path";
import { findSecrets } from "../../analyze/secrets/find-secrets.js";
import type { Catalog } from "../../catalog/catalog.js";
import type { Image } from "../../image/image.js";
import { platformText } from "../../oci/platform.js";
import type { Plan } from "../../plan/plan.js";
import { judgeCatalog, type PolicyReport } from "../../policy/judge-catalog.js";
import { type BuiltFacts, policyImage } from "../../policy/policy-image.js";
import type { Progress } from "../../ports/progress.js";
import type { BuildSettings } from "../build.js";
import { lastBuilt } from "../last-built.js";
import { pinByLock } from "../lock/pin-plans.js";
import { withObservedJobs } from "../observe.js";
import type { LockPlace } from "../options.js";
import { placeIn } from "../prepare/prepare.js";

/** A plan of an image of a catalog. */
interface JudgedPlan {
  readonly name: string;
  readonly plan: Plan;
}

/** Where plans come from, and what is known of what they became. */
interface JudgeOptions extends LockPlace {
  readonly context?: string | undefined;
  /** What was built of the images that a policy wanted to see built. */
  readonly facts?: readonly NamedFacts[];
}

/** Runs the policies of a catalog over the plans of its images. The lock says what is pinned; nothing is written to it. */
export async function judgePlans(
  catalog: Catalog,
  plans: readonly JudgedPlan[],
  { facts = [], ...options }: JudgeOptions,
): Promise<PolicyReport> {
  const pinned = pinByLock(
    plans.map(({ plan }) => plan),
    options,
  );
  const place = placeIn(resolve(options.context ?? "."));
  const images = plans.map(({ name }, at) => {
    const plan = pinned[at]!;
    const { node } = catalog.images[name] as Image;
    const platform = platformText(plan.platform);
    const built = facts.find((one) => one.name === name && one.platform === platform);
    return { view: policyImage(name, plan, node, place), node, built };
  });
  const named = new Set(plans.map(({ name }) => name));
  const { policies, suppressions } = catalog;
  const whole = catalog.names.every((name) => named.has(name));
  return judgeCatalog(images, { policies, suppressions, whole, place });
}

/** An image that policies want to see built. */
interface FactsJob extends JudgedPlan {
  readonly progress?: Progress | undefined;
}

/** What was built of the images, each under its name and platform. */
export interface NamedFacts extends BuiltFacts {
  readonly name: string;
  /** `linux/amd64` */
  readonly platform: string;
}

/**
 * Builds images into the store alone, and finds out about them what policies ask where their bytes are. The build is
 * not remembered: what comes before it stays what the next one is compared with.
 *
 * @param use gets the facts in the order of the jobs; layers can be read until it is done
 */
export async function withBuiltFacts<Result>(
  catalog: string,
  jobs: readonly FactsJob[],
  settings: BuildSettings,
  use: (facts: readonly NamedFacts[]) => Promise<Result>,
): Promise<Result> {
  const observed = jobs.map((job) => ({ ...job, references: [] }));
  return withObservedJobs(observed, settings, async (images, { context, store }) => {
    const facts: NamedFacts[] = [];
    for (const image of images) {
      const { name, platform } = image;
      const record = await lastBuilt(store, { context, knownAs: `${catalog}/${name}`, platform });
      const last = record?.history.at(-1);
      facts.push({
        name,
        platform: platformText(platform),
        image,
        secrets: await findSecrets(image),
        ...(last && { earlier: { digest: last.digest, size: last.size, layers: last.layers } }),
      });
    }
    return use(facts);
  });
}
