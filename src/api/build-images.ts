import { type BuiltImage, buildImage } from "../engine/build-image.js";
import { retryOnDamage } from "../engine/retry-on-damage.js";
import { parseSourceDateEpoch } from "../engine/source-date.js";
import { encoderFor } from "../layer/encode/compression.js";
import type { Plan } from "../plan/plan.js";
import type { Progress } from "../ports/progress.js";
import type { BuildOptions } from "./build-types.js";
import { rememberBuilt } from "./last-built.js";
import { pinPlans } from "./pin-plans.js";
import { type Workspace, withWorkspace } from "./workspace.js";

/** The level of gzip that is used unless asked otherwise: what most registries hold. */
const DEFAULT_COMPRESSION = "gzip:6";

/** One image to be built, for one platform. */
export interface BuildJob {
  readonly plan: Plan;
  /** Full references that the image is named by; images of one reference are its platforms. */
  readonly references: readonly string[];
  /** Receives the progress of this image, instead of that of all. */
  readonly progress?: Progress | undefined;
  /** The catalog's name and the image's, `acme/api`, under which the store remembers the build; else it is not remembered. */
  readonly knownAs?: string | undefined;
}

/** How several images are built, whatever becomes of them. */
export type BuildSettings = Omit<BuildOptions, "output" | "platform" | "reference">;

/**
 * Builds images one after another in one workspace, with all that is outside named by digest, so that layers which they
 * share are made once, and gives all of them to `use` while they can be read. Both are done once more when a blob of the
 * store turned out damaged on the way.
 *
 * @param use gets the images in the order of the jobs; its result is the result
 */
export async function withBuiltImages<Result>(
  jobs: readonly BuildJob[],
  settings: BuildSettings,
  use: (built: readonly BuiltImage[], workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const { cache, noCacheSteps = [], signal } = settings;
  const plans = await pinPlans(
    jobs.map(({ plan }) => plan),
    settings,
  );
  const encoder = encoderFor(settings.compression ?? DEFAULT_COMPRESSION);
  const sourceDateEpoch = parseSourceDateEpoch(process.env["SOURCE_DATE_EPOCH"]);
  return withWorkspace(settings, async (workspace) => {
    const { context: folder, portsFor } = workspace;
    const rerun = (command: string) => noCacheSteps.some((text) => command.includes(text));
    const options = { encoder, folder, sourceDateEpoch, cache, rerun, signal };
    return retryOnDamage(async () => {
      const built: BuiltImage[] = [];
      try {
        for (const [at, { references, progress }] of jobs.entries()) {
          const plan = plans[at]!;
          const ports = await portsFor(plan);
          const own = progress === undefined ? ports : { ...ports, progress };
          built.push(await buildImage(plan, own, { ...options, references }));
        }
        const result = await use(built, workspace);
        await rememberAll(jobs, built, workspace);
        return result;
      } finally {
        await closeAll(built);
      }
    });
  });
}

/** Notes what was built, now that it is where it should go: `diff` and the report compare with it. */
async function rememberAll(
  jobs: readonly BuildJob[],
  built: readonly BuiltImage[],
  { context, store }: Workspace,
): Promise<void> {
  for (const [at, { knownAs, plan }] of jobs.entries()) {
    if (knownAs === undefined) continue;
    await rememberBuilt(store, { context, knownAs, platform: plan.platform }, built[at]!, plan);
  }
}

/** Closes every image, also after one of them could not be closed. */
async function closeAll(built: readonly BuiltImage[]): Promise<void> {
  const ends = await Promise.allSettled(built.map((image) => image.close()));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
