import { type DockerfileOptions, emitDockerfile } from "../../src/dockerfile/emit-dockerfile.js";
import type { Plan } from "../../src/plan/plan.js";

/** The Dockerfile of a plan without its first line and comments, for snapshots. */
export function spelled(plan: Plan, options: DockerfileOptions = {}): string {
  const { text } = emitDockerfile(plan, { header: false, ...options });
  return text.slice(text.indexOf("\n") + 1).trim();
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
