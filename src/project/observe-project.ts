import type { ObservedImage } from "../analyze/observed-image.js";
import type { BuildSettings } from "./build.js";
import { decideLayers, inProject } from "./gate/gate.js";
import { namedProgress } from "./named-progress.js";
import { withObservedJobs } from "./observe.js";
import { observedPlatform } from "./platforms.js";
import { fullReference, type Project, type ProjectPlan } from "./project.js";
import type { Workspace } from "./workspace.js";

/**
 * Builds the chosen images of a project, each for one platform, and hands them over to be looked at: this machine's where
 * an image is for several, since its commands can run here.
 */
export async function withObservedProject<Result>(
  project: Project,
  given: BuildSettings,
  use: (images: readonly ObservedImage[], workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  await decideLayers(project, given);
  const settings = inProject(project, given);
  const { progress } = settings;
  const jobs = project.images.map(({ name, plans }) => ({
    name: name === "" ? "image" : name,
    plan: observedPlan(plans).optimized.plan,
    references: name === "" ? [] : [fullReference(`${project.name}/${name}`)],
    progress: progress && namedProgress(progress, name, project.images.length > 1),
  }));
  return withObservedJobs(jobs, settings, use);
}

/** The plan of an image that is looked at where one platform is enough. */
export function observedPlan<One extends ProjectPlan>(plans: readonly One[]): One {
  const platform = observedPlatform(plans.map((plan) => plan.platform));
  return plans.find((plan) => plan.platform === platform)!;
}
