import { createEngineOutput } from "../adapters/output-engine/engine-output.js";
import { openEngine } from "../adapters/output-engine/open-engine.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import { toldOnce } from "../plan/record.js";
import type { Progress } from "../ports/progress.js";
import { withBuiltImages } from "./build-images.js";
import { resultOf } from "./build-plan.js";
import type { LoadOptions, LoadResult } from "./load.js";
import { fullReference } from "./references.js";

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
