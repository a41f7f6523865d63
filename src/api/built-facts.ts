import { findSecrets } from "../analyze/secrets/find-secrets.js";
import { platformText } from "../oci/platform.js";
import type { BuiltFacts } from "../policy/policy-image.js";
import type { Progress } from "../ports/progress.js";
import type { BuildSettings } from "./build-images.js";
import type { JudgedPlan } from "./judge-plans.js";
import { lastBuilt } from "./last-built.js";
import { withObservedJobs } from "./observe.js";

/** An image that policies want to see built. */
export interface FactsJob extends JudgedPlan {
  readonly progress?: Progress | undefined;
}

/** What was built of the images, each under its name and platform. */
export interface NamedFacts extends BuiltFacts {
  readonly name: string;
  /** `linux/amd64` */
  readonly platform: string;
}

/**
 * Builds images into the store alone, and finds out about them what policies ask where their bytes are. The build is
 * not remembered: what comes before it stays what the next one is compared with.
 *
 * @param use gets the facts in the order of the jobs; layers can be read until it is done
 */
export async function withBuiltFacts<Result>(
  catalog: string,
  jobs: readonly FactsJob[],
  settings: BuildSettings,
  use: (facts: readonly NamedFacts[]) => Promise<Result>,
): Promise<Result> {
  const observed = jobs.map((job) => ({ ...job, references: [] }));
  return withObservedJobs(observed, settings, async (images, { context, store }) => {
    const facts: NamedFacts[] = [];
    for (const image of images) {
      const { name, platform } = image;
      const record = await lastBuilt(store, { context, knownAs: `${catalog}/${name}`, platform });
      const last = record?.history.at(-1);
      facts.push({
        name,
        platform: platformText(platform),
        image,
        secrets: await findSecrets(image),
        ...(last && { earlier: { digest: last.digest, size: last.size, layers: last.layers } }),
      });
    }
    return use(facts);
  });
}
