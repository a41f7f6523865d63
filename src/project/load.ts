import { openEngine } from "../adapters/outputs/engine.js";
import { createEngineOutput } from "../adapters/outputs/engine-output.js";
import type { EngineName } from "../adapters/outputs/engine-place.js";
import { toldOnce } from "../plan/passes/pass.js";
import { type BuildSettings, withBuiltImages } from "./build.js";
import { type BuiltProject, resultOf } from "./deliver.js";
import { passGate } from "./gate/gate.js";
import { namedProgress } from "./named-progress.js";
import type { BuildOptions, BuildResult } from "./options.js";
import { loadPlatform } from "./platforms.js";
import { fullReference, knownAs, onPlatform, type Project } from "./project.js";

/** How images are built and loaded. */
export interface LoadOptions extends Omit<BuildOptions, "output" | "reference"> {
  /** The name of one image, e.g. `acme/app:v1`; those of a catalog are the catalog's name and theirs. @default - none */
  readonly reference?: string | undefined;
  /** The engine to load into. @default - the one that DOCKER_HOST or the Docker context names, else the first that is there */
  readonly engine?: EngineName | undefined;
  /** The tag of a catalog's images. @default - "latest" */
  readonly tag?: string | undefined;
}

/** One image as an engine has it now. */
export interface LoadedImageResult extends Omit<BuildResult, "output" | "index"> {
  /** The engine's id of the image: the digest of its config or, where Docker keeps images in containerd, of its manifest. */
  readonly id: string;
}

/** What was loaded, and where. */
export interface LoadResult {
  readonly engine: EngineName;
  /** The socket, address or program that was used. */
  readonly place: string;
  readonly images: readonly LoadedImageResult[];
}

/**
 * Builds the chosen images of a project and loads them all into an engine, each for the one platform that it takes.
 *
 * @throws {PlanError} LOAD_PLATFORM_MISSING; those of `passGate`
 */
export async function loadProject(
  whole: Project,
  referenceOf: (name: string) => string | undefined,
  { engine: wanted, ...given }: BuildSettings & { readonly engine?: EngineName | undefined },
): Promise<LoadResult & Pick<BuiltProject, "findings">> {
  const [first] = whole.images;
  const project =
    first === undefined ? whole : onPlatform(whole, loadPlatform(first.plans.map((plan) => plan.platform)));
  const { settings, findings } = await passGate(project, given);
  const { progress, signal } = settings;
  const jobs = project.images.map(({ name, plans }) => {
    const reference = referenceOf(name);
    const { plan, warnings } = plans[0]!.optimized;
    return {
      plan,
      warnings,
      references: reference === undefined ? [] : [fullReference(reference)],
      progress: progress && namedProgress(progress, name, project.images.length > 1),
      knownAs: knownAs(project, name),
    };
  });
  // Before anything is built, which may take long.
  const engine = await openEngine({ engine: wanted });
  return withBuiltImages(jobs, settings, async (built) => {
    const output = createEngineOutput(engine, { progress, signal });
    await output.write(built.map(({ image }) => image));
    const loaded = output.loaded();
    const images = built.map((one, at) => {
      const { plan, warnings } = jobs[at]!;
      return { ...resultOf(one), platform: plan.platform, warnings, ...loaded[at]! };
    });
    return { engine: engine.name, place: engine.place, images: toldOnce(images), findings };
  });
}
