import { observedPlatform } from "../project/platforms.js";
import type { LoadedImage, LoadedPlan } from "./load/loaded-catalog.js";

/** The plan of an image that is looked at where one platform is enough. */
export function onePlan({ plans }: LoadedImage): LoadedPlan {
  const platform = observedPlatform(plans.map((plan) => plan.platform));
  return plans.find((plan) => plan.platform === platform)!;
}
