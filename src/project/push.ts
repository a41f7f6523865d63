import { createRegistryOutput } from "../adapters/outputs/registry-output.js";
import type { PushReport } from "../ports/image-output.js";
import { type BuildSettings, withBuiltImages } from "./build.js";
import type { BuiltProject } from "./deliver.js";
import { passGate } from "./gate/gate.js";
import { namedProgress } from "./named-progress.js";
import type { BuildOptions } from "./options.js";
import { fullReference, knownAs, namedPlans, type Project } from "./project.js";

/** How images are built and pushed. */
export interface PushOptions extends Omit<BuildOptions, "output" | "reference" | "platform"> {
  /** As `linux/amd64`; several become an index. @default - the catalog's, or this machine's for one image */
  readonly platforms?: readonly string[];
  /** The tag of a catalog's images. @default - "latest" */
  readonly tag?: string;
}

/** What was pushed, and what that took. */
export type PushResult = PushReport;

/**
 * Builds the chosen images of a project and pushes them all at once.
 *
 * @throws {PlanError} those of `passGate`
 */
export async function pushProject(
  project: Project,
  referenceOf: (name: string) => string,
  given: BuildSettings,
): Promise<PushReport & Pick<BuiltProject, "findings">> {
  const { settings, findings } = await passGate(project, given);
  const { progress, signal } = settings;
  const several = namedPlans(project.images).length > 1;
  const jobs = project.images.flatMap(({ name, plans }) => {
    const own = {
      references: [fullReference(referenceOf(name))],
      progress: progress && namedProgress(progress, name, several),
      knownAs: knownAs(project, name),
    };
    return plans.map(({ optimized: { plan } }) => ({ plan, ...own }));
  });
  return withBuiltImages(jobs, settings, async (built, { registry }) => {
    const output = createRegistryOutput({ registry: await registry(), progress, signal });
    await output.write(built.map(({ image }) => image));
    return { ...output.report(), findings };
  });
}
