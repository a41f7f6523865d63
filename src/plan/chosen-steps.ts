import { PlanError } from "../errors/layerwright-error.js";
import type { PlatformStep, Step } from "../image/nodes.js";
import { type Platform, platformText } from "../oci/platform.js";
import type { Lowering } from "./lower.js";

/**
 * The steps with those of the plan's platform in place of what differs by platform.
 *
 * @throws {PlanError} PLATFORM_NOT_GIVEN
 */
export function chosenSteps(
  steps: readonly Step[],
  lowering: Lowering,
): readonly Exclude<Step, PlatformStep>[] {
  return steps.flatMap((step) => {
    if (step.kind !== "platform") return [step];
    const chosen = stepsFor(step, lowering.platform);
    if (chosen !== undefined) return chosenSteps(chosen, lowering);
    const platform = platformText(lowering.platform);
    const given = step.variants.map((variant) => variant.platform);
    const origin = lowering.place(step.origin);
    throw new PlanError("PLATFORM_NOT_GIVEN", { platform, given }, { subject: platform, origin });
  });
}

/**
 * The steps that fit a platform; undefined when none do. What is written for an architecture as such fits its variants
 * too, since they run its programs: `linux/amd64` is for `linux/amd64/v3`.
 */
function stepsFor(step: PlatformStep, platform: Platform): readonly Step[] | undefined {
  const { os, architecture } = platform;
  for (const wanted of [platformText(platform), platformText({ os, architecture })]) {
    const variant = step.variants.find((one) => one.platform === wanted);
    if (variant !== undefined) return variant.steps;
  }
  return step.otherwise;
}
