import { createEngineOutput } from "../adapters/output-engine/engine-output.js";
import type { EngineName } from "../adapters/output-engine/engine-place.js";
import { openEngine } from "../adapters/output-engine/open-engine.js";
import { toldOnce } from "../plan/passes/pass.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { Progress } from "../ports/progress.js";
import { withBuiltImages } from "./build.js";
import { resultOf } from "./deliver.js";
import type { BuildOptions, BuildResult } from "./options.js";
import { fullReference } from "./references.js";

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

/** The plan of one image, and the name that it gets in the engine. */
export interface LoadedPlan {
  readonly optimized: OptimizedPlan;
  readonly reference?: string | undefined;
  readonly progress?: Progress | undefined;
  /** As in `BuildJob`. */
  readonly knownAs?: string | undefined;
}

/** Builds plans and loads them all; what the command line calls for plans that came from the user's file. */
export async function loadPlans(images: readonly LoadedPlan[], options: LoadOptions): Promise<LoadResult> {
  const jobs = images.map(({ optimized, reference, progress, knownAs }) => ({
    plan: optimized.plan,
    references: reference === undefined ? [] : [fullReference(reference)],
    progress,
    knownAs,
  }));
  // Before anything is built, which may take long.
  const engine = await openEngine({ engine: options.engine });
  return withBuiltImages(jobs, options, async (built) => {
    const output = createEngineOutput(engine, { progress: options.progress, signal: options.signal });
    await output.write(built.map(({ image }) => image));
    const loaded = output.loaded();
    return {
      engine: engine.name,
      place: engine.place,
      images: toldOnce(
        built.map((one, at) => {
          const { plan, warnings } = images[at]!.optimized;
          const { references, id } = loaded[at]!;
          return { ...resultOf(one), platform: plan.platform, references, warnings, id };
        }),
      ),
    };
  });
}
