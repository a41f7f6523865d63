import { deepFreeze } from "../core/freeze.js";
import type { Origin } from "../errors/origin.js";
import { parsePlatform, platformText } from "../oci/platform.js";
import { type Call, refuse, refuseArgument } from "./call.js";
import {
  type ImageNode,
  type LayerStep,
  makesLayer,
  type PlatformStep,
  type PlatformVariant,
  type Step,
} from "./nodes.js";

/**
 * The steps that a recipe added to `before`, or undefined when its result does not extend `before`: another
 * base, another squash policy, or other steps at the start.
 */
export function addedSteps(before: ImageNode, after: ImageNode): readonly Step[] | undefined {
  const extended =
    after.base === before.base &&
    after.squash === before.squash &&
    after.steps.length >= before.steps.length &&
    before.steps.every((step, index) => step === after.steps[index]);
  return extended ? after.steps.slice(before.steps.length) : undefined;
}

/** The image that a recipe gives, or a refusal with `RECIPE_INVALID`. */
export function applied<Image>(
  call: Call,
  recipe: unknown,
  image: Image,
  isImage: (value: unknown) => value is Image,
): Image {
  if (typeof recipe !== "function") {
    return refuse(call, "RECIPE_INVALID", { call: call.name, got: recipe, returned: false });
  }
  const result: unknown = recipe(image);
  return isImage(result)
    ? result
    : refuse(call, "RECIPE_INVALID", { call: call.name, got: result, returned: true });
}

/**
 * Makes one layer of what a recipe did itself, so that an install and its clean-up are never apart. Layers that
 * were already made inside of it stay what they are, and a group with one file or run step needs no wrapping.
 */
export function groupOwnSteps(steps: readonly Step[], origin: Origin): readonly Step[] {
  const grouped: Step[] = [];
  let own: Step[] = [];
  const close = (): void => {
    const layers = own.filter(makesLayer).length;
    grouped.push(...(layers > 1 ? [layerOf(undefined, own, origin)] : own));
    own = [];
  };
  for (const step of steps) {
    if (step.kind !== "layer" && step.kind !== "platform") {
      own.push(step);
      continue;
    }
    close();
    grouped.push(step);
  }
  close();
  return grouped;
}

/** One layer of all the steps, with the layers inside of it dissolved. */
export function layerOf(name: string | undefined, steps: readonly Step[], origin: Origin): LayerStep {
  const flat = steps.flatMap((step) => (step.kind === "layer" ? step.steps : [step]));
  return deepFreeze(
    name === undefined
      ? { kind: "layer", steps: flat, origin }
      : { kind: "layer", name, steps: flat, origin },
  );
}

const OTHERWISE = "default";

/** Reads recipes by platform; `stepsOf` applies one, which `platform` names in messages. */
export function platformStep(
  call: Call,
  recipes: unknown,
  stepsOf: (recipe: unknown, platform: string) => readonly Step[],
): PlatformStep {
  if (typeof recipes !== "object" || recipes === null || Object.keys(recipes).length === 0)
    refuseArgument(
      call,
      "recipes",
      recipes,
      'a record from platform (or "default") to recipe, with at least one',
    );
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
