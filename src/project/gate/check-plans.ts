import { emitDockerfile } from "../../dockerfile/emit-dockerfile.js";
import { checkDescribed } from "../../engine/described/check-described.js";
import { resolveSources } from "../../engine/resolve-sources.js";
import { isLayerwrightError, ofImage } from "../../errors/layerwright-error.js";
import { refuseTooManyLayers } from "../../plan/layer-warnings.js";
import type { Plan } from "../../plan/plan.js";
import { refuseSecrets } from "../../policy/no-secrets.js";
import type { FileSource } from "../../ports/file-source.js";
import { contextFiles, listedOnce } from "../workspace.js";

/** Refusals of a description that no Dockerfile can say, whatever builds it. */
const DESCRIPTION_CODES: readonly string[] = [
  "NO_TOOL",
  "NOT_EXPRESSIBLE",
  "LAYER_MIXED",
  "ARGUMENT_TOO_LONG",
  "OWNER_UNKNOWN",
];

/**
 * The one check before either synthesis, in one order: refuses what the direct build would refuse on the way, and what a
 * Dockerfile of the newest front end could not say, so that one image is never the privilege of one synthesis, and an
 * image with several faults has one code in both.
 *
 * @throws {PlanError} at the user's line
 */
export function checkPlan(plan: Plan, files: FileSource): void {
  refuseTooManyLayers(plan);
  checkDescribed(plan, files);
  refuseSecrets(plan, files);
  try {
    emitDockerfile(resolveSources(plan, files), { dialect: "buildkit", frontend: "1.19" });
  } catch (error) {
    // What depends on the text alone, such as a base that no FROM can name, is told by those who want a text.
    if (isLayerwrightError(error) && DESCRIPTION_CODES.includes(error.code)) throw error;
    if (!isLayerwrightError(error)) throw error;
  }
}

/** A plan that is checked. */
export interface CheckedPlan {
  readonly plan: Plan;
  /** The name that a refusal gives the image. */
  readonly knownAs?: string | undefined;
  /** True when the image is one that could be, and is only looked at: then no Dockerfile has to say it. */
  readonly isVariant?: boolean | undefined;
}

/**
 * Checks plans before any work is done for one of them.
 *
 * @throws {PlanError} of the first that is refused
 */
export function checkPlans(plans: readonly CheckedPlan[], context: string): void {
  // What an image is made from is refused under its own name.
  const order = [...plans].sort((left, right) => left.plan.stages.length - right.plan.stages.length);
  for (const { plan, knownAs, isVariant } of order) {
    try {
      const check = isVariant === true ? checkDescribed : checkPlan;
      check(plan, listedOnce(contextFiles(context, plan.contexts)));
    } catch (error) {
      throw ofImage(error, knownAs);
    }
  }
}
