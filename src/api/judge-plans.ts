import { resolve } from "node:path";
import type { Catalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import { platformText } from "../oci/platform.js";
import type { Plan } from "../plan/plan.js";
import { judgeCatalog, type PolicyReport } from "../policy/judge-catalog.js";
import type { BuiltFacts } from "../policy/policy-image.js";
import { policyImage } from "../policy/policy-view.js";
import type { LockPlace } from "./lock-options.js";
import { pinByLock } from "./pin-by-lock.js";
import { placeIn } from "./plan-image.js";

/** A plan of an image of a catalog. */
export interface JudgedPlan {
  readonly name: string;
  readonly plan: Plan;
}

/** Where plans come from, and what is known of what they became. */
export interface JudgeOptions extends LockPlace {
  readonly context?: string | undefined;
  /** What was built of an image, where it was. */
  readonly builtOf?: (name: string, platform: string) => BuiltFacts | undefined;
}

/** Runs the policies of a catalog over the plans of its images. The lock says what is pinned; nothing is written to it. */
export async function judgePlans(
  catalog: Catalog,
  plans: readonly JudgedPlan[],
  { builtOf, ...options }: JudgeOptions,
): Promise<PolicyReport> {
  const pinned = pinByLock(
    plans.map(({ plan }) => plan),
    options,
  );
  const place = placeIn(resolve(options.context ?? "."));
  const images = plans.map(({ name }, at) => {
    const plan = pinned[at]!;
    const { node } = catalog.images[name] as Image;
    const built = builtOf?.(name, platformText(plan.platform));
    return { view: policyImage(name, plan, node, place), node, built };
  });
  const named = new Set(plans.map(({ name }) => name));
  const { policies, suppressions } = catalog;
  const whole = catalog.names.every((name) => named.has(name));
  return judgeCatalog(images, { policies, suppressions, whole, place });
}
