import { deepFreeze } from "../core/freeze.js";
import { parsePlatform, platformText } from "../oci/platform.js";
import { type Call, refuse } from "./call.js";
import type { PlatformStep, PlatformVariant } from "./steps/platform-step.js";
import type { Step } from "./steps/step.js";

const OTHERWISE = "default";

/** Reads recipes by platform; `stepsOf` applies one, which `platform` names in messages. */
export function platformStep(
  call: Call,
  recipes: unknown,
  stepsOf: (recipe: unknown, platform: string) => readonly Step[],
): PlatformStep {
  if (typeof recipes !== "object" || recipes === null || Object.keys(recipes).length === 0) {
    const allowed = 'a record from platform (or "default") to recipe, with at least one';
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "recipes", got: recipes, allowed });
  }
  const variants = new Map<string, PlatformVariant & { readonly written: string }>();
  let otherwise: readonly Step[] | undefined;
  for (const [written, recipe] of Object.entries(recipes)) {
    if (written === OTHERWISE) {
      if (recipe !== undefined) otherwise = stepsOf(recipe, written);
      continue;
    }
    const platform = platformText(parsePlatform(written, call.origin));
    const first = variants.get(platform)?.written;
    if (first !== undefined) refuse(call, "PLATFORM_TWICE", { call: call.name, first, second: written });
    variants.set(platform, { platform, written, steps: stepsOf(recipe, written) });
  }
  return deepFreeze({
    kind: "platform",
    variants: [...variants.values()].map(({ platform, steps }) => ({ platform, steps })),
    ...(otherwise === undefined ? {} : { otherwise }),
    origin: call.origin,
  });
}
