import { emitDockerfile } from "../dockerfile/emit-dockerfile.js";
import { checkDescribed } from "../engine/described/check-described.js";
import { resolveSources } from "../engine/resolve-sources.js";
import { isLayerwrightError } from "../errors/layerwright-error.js";
import type { Plan } from "../plan/plan.js";
import type { FileSource } from "../ports/file-source.js";

/** Refusals of a description that no Dockerfile can say, whatever builds it. */
const DESCRIPTION_CODES: readonly string[] = [
  "NO_TOOL",
  "NOT_EXPRESSIBLE",
  "LAYER_MIXED",
  "ARGUMENT_TOO_LONG",
];

/**
 * The check before a direct build: refuses what the direct build would refuse on the way, and what a Dockerfile of the
 * newest front end could not say, so that one image is never the privilege of one synthesis.
 *
 * @throws {PlanError} at the user's line
 */
export function checkForBuild(plan: Plan, files: FileSource): void {
  checkDescribed(plan, files);
  try {
    emitDockerfile(resolveSources(plan, files), { dialect: "buildkit", frontend: "1.19" });
  } catch (error) {
    // What depends on the text alone, such as a base that no FROM can name, is told by those who want a text.
    if (isLayerwrightError(error) && DESCRIPTION_CODES.includes(error.code)) throw error;
    if (!isLayerwrightError(error)) throw error;
  }
}
