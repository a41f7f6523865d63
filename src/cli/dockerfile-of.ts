import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import type { Plan } from "../plan/plan.js";
import { type DockerfileStyle, emitResolved } from "../project/dockerfile.js";
import { lookUpBases } from "../project/known-bases.js";

/** The Dockerfile of the plans of an image that came from the user's file; bases on disk are looked at first. */
export async function dockerfileOf(
  plans: readonly Plan[],
  context: string,
  style: DockerfileStyle,
): Promise<EmittedDockerfile> {
  const { plans: known } = await lookUpBases(plans, { context, offline: true });
  return emitResolved(known, context, style);
}
