import { type DockerfileOptions, emitDockerfile } from "../../src/dockerfile/emit-dockerfile.js";
import type { Plan } from "../../src/plan/plan.js";

/** The Dockerfile of a plan without comments, for snapshots. */
export function spelled(plan: Plan, options: DockerfileOptions = {}): string {
  return emitDockerfile(plan, { comments: false, ...options }).text.trim();
}

/** The code that a plan is refused with. */
export function refusal(plan: Plan, options: DockerfileOptions = {}): string {
  try {
    emitDockerfile(plan, options);
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
  return "none";
}
