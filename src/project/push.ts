import { createRegistryOutput } from "../adapters/output-registry/registry-output.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { PushReport } from "../ports/image-output.js";
import type { Progress } from "../ports/progress.js";
import { withBuiltImages } from "./build.js";
import type { BuildOptions } from "./options.js";
import { fullReference } from "./references.js";

/** How images are built and pushed. */
export interface PushOptions extends Omit<BuildOptions, "output" | "reference" | "platform"> {
  /** As `linux/amd64`; several become an index. @default - the catalog's, or this machine's for one image */
  readonly platforms?: readonly string[];
  /** The tag of a catalog's images. @default - "latest" */
  readonly tag?: string;
}

/** What was pushed, and what that took. */
export type PushResult = PushReport;

/** The plans of one image, one a platform, and where they go. */
export interface PushedPlans {
  readonly reference: string;
  /** As in `BuildJob`. */
  readonly knownAs?: string | undefined;
  readonly plans: readonly { readonly optimized: OptimizedPlan; readonly progress?: Progress | undefined }[];
}

/** Builds plans and pushes them all at once; what the command line calls for plans that came from the user's file. */
export async function pushPlans(images: readonly PushedPlans[], options: PushOptions): Promise<PushReport> {
  const jobs = images.flatMap(({ reference, knownAs, plans }) => {
    const references = [fullReference(reference)];
    return plans.map(({ optimized, progress }) => ({ plan: optimized.plan, references, progress, knownAs }));
  });
  return withBuiltImages(jobs, options, async (built, { registry }) => {
    const { progress, signal } = options;
    const output = createRegistryOutput({ registry: await registry(), progress, signal });
    await output.write(built.map(({ image }) => image));
    return output.report();
  });
}
