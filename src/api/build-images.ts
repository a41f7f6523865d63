import { type BuiltImage, buildImage } from "../engine/build-image.js";
import { retryOnDamage } from "../engine/retry-on-damage.js";
import { sideBySide } from "../engine/side-by-side.js";
import { parseSourceDateEpoch } from "../engine/source-date.js";
import { Turns } from "../engine/turns.js";
import { ofImage } from "../errors/layerwright-error.js";
import { encoderFor } from "../layer/encode/compression.js";
import type { Plan } from "../plan/plan.js";
import type { Progress } from "../ports/progress.js";
import { buildOrder, IMAGES_AT_ONCE } from "./build-order.js";
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

/** Jobs whose images go somewhere together: the platforms of one image. */
export interface BuildGroup {
  readonly jobs: readonly BuildJob[];
}

/**
 * Builds images side by side in one workspace, with all that is outside named by digest: each after those that it is made
 * from, so that layers and commands which they share are made once. Each group is given to `use` as soon as it is built.
 * Both are done once more when a blob of the store turned out damaged on the way. The first failure stops the others.
 *
 * @param use gets the images in the order of the jobs, which can be read until it is done
 * @returns what `use` gave, in the order of the groups
 */
export async function withBuiltGroups<Group extends BuildGroup, Result>(
  groups: readonly Group[],
  settings: BuildSettings,
  use: (built: readonly BuiltImage[], group: Group, workspace: Workspace) => Promise<Result>,
): Promise<Result[]> {
  const jobs = groups.flatMap((group) => group.jobs);
  const plans = await pinnedPlans(jobs, settings);
  return withWorkspace(settings, async (workspace) => {
    const build = imageBuilder(settings, workspace);
    const results: Result[] = [];
    const { order, needs } = buildOrder(groups.map((group) => group.jobs.map((job) => plans.get(job)!)));
    const together = {
      idOf: String,
      needs: (at: number) => needs(at).map(String),
      signal: settings.signal,
      keepGoing: false,
      limit: IMAGES_AT_ONCE,
    };
    await sideBySide(order, together, async (at, signal) => {
      const group = groups[at]!;
      results[at] = await retryOnDamage(async () => {
        const built: BuiltImage[] = [];
        try {
          for (const job of group.jobs) built.push(await build(job, plans.get(job)!, signal));
          const result = await use(built, group, workspace);
          await rememberAll(group.jobs, plans, built, workspace);
          return result;
        } finally {
          await closeAll(built);
        }
      });
    });
    return results;
  });
}

/**
 * Builds images as {@link withBuiltGroups} does, and gives all of them to `use` at once.
 *
 * @param use gets the images in the order of the jobs; its result is the result
 */
export async function withBuiltImages<Result>(
  jobs: readonly BuildJob[],
  settings: BuildSettings,
  use: (built: readonly BuiltImage[], workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const plans = await pinnedPlans(jobs, settings);
  const { order, needs } = buildOrder(jobs.map((job) => [plans.get(job)!]));
  return withWorkspace(settings, async (workspace) => {
    const build = imageBuilder(settings, workspace);
    return retryOnDamage(async () => {
      const built: BuiltImage[] = [];
      const together = {
        idOf: String,
        needs: (at: number) => needs(at).map(String),
        signal: settings.signal,
        keepGoing: false,
        limit: IMAGES_AT_ONCE,
      };
      try {
        await sideBySide(order, together, async (at, signal) => {
          const job = jobs[at]!;
          built[at] = await build(job, plans.get(job)!, signal);
        });
        const result = await use(built, workspace);
        await rememberAll(jobs, plans, built, workspace);
        return result;
      } finally {
        // What failed has left holes.
        await closeAll(Object.values(built));
      }
    });
  });
}

async function pinnedPlans(
  jobs: readonly BuildJob[],
  settings: BuildSettings,
): Promise<ReadonlyMap<BuildJob, Plan>> {
  // All at once: what is missing is said whole, and every reference is asked once.
  const plans = await pinPlans(
    jobs.map(({ plan }) => plan),
    { ...settings, names: jobs.map(({ knownAs = "" }) => knownAs.slice(knownAs.indexOf("/") + 1)) },
  );
  return new Map(jobs.map((job, at) => [job, plans[at]!]));
}

/** What builds one image among others of the same workspace. */
function imageBuilder(
  settings: BuildSettings,
  { context: folder, portsFor }: Workspace,
): (job: BuildJob, plan: Plan, signal: AbortSignal) => Promise<BuiltImage> {
  const { cache, noCacheSteps = [] } = settings;
  const encoder = encoderFor(settings.compression ?? DEFAULT_COMPRESSION);
  const sourceDateEpoch = parseSourceDateEpoch(process.env["SOURCE_DATE_EPOCH"]);
  const rerun = (command: string) => noCacheSteps.some((text) => command.includes(text));
  const options = { encoder, folder, sourceDateEpoch, cache, rerun, turns: new Turns() };
  return async ({ references, progress, knownAs }, plan, signal) => {
    try {
      const ports = await portsFor(plan);
      const own = progress === undefined ? ports : { ...ports, progress };
      return await buildImage(plan, own, { ...options, references, signal });
    } catch (error) {
      throw ofImage(error, knownAs);
    }
  };
}

/** Notes what was built, now that it is where it should go: `diff` and the report compare with it. */
async function rememberAll(
  jobs: readonly BuildJob[],
  plans: ReadonlyMap<BuildJob, Plan>,
  built: readonly BuiltImage[],
  { context, store }: Workspace,
): Promise<void> {
  for (const [at, job] of jobs.entries()) {
    const { knownAs } = job;
    if (knownAs === undefined) continue;
    const plan = plans.get(job)!;
    await rememberBuilt(store, { context, knownAs, platform: plan.platform }, built[at]!, plan);
  }
}

/** Closes every image, also after one of them could not be closed. */
async function closeAll(built: readonly BuiltImage[]): Promise<void> {
  const ends = await Promise.allSettled(built.map((image) => image.close()));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
