import { lstatSync, readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { encoderFor } from "../archive/compression.js";
import { sha256Hex } from "../core/bytes.js";
import { type BuiltImage, buildImage, retryOnDamage } from "../engine/build-image.js";
import { parseSourceDateEpoch } from "../engine/image-documents.js";
import { type BuildImageOptions, Turns } from "../engine/ports.js";
import { sideBySide } from "../engine/side-by-side.js";
import { ofImage } from "../errors/layerwright-error.js";
import { stageKeys } from "../plan/address.js";
import { operationsOf, type Plan, sourcesOf } from "../plan/plan.js";
import type { FileSource } from "../ports/file-source.js";
import type { Progress } from "../ports/progress.js";
import { checkPlans } from "./gate/check-plans.js";
import { rememberBuilt } from "./last-built.js";
import { pinPlans } from "./lock/pin-plans.js";
import { checkRuntime, DEFAULT_COMPRESSION } from "./lock/runtime.js";
import type { BuildOptions } from "./options.js";
import { listedOnce, type Workspace, withWorkspace } from "./workspace.js";

/** One image to be built, for one platform. */
export interface BuildJob {
  readonly plan: Plan;
  /** Full references that the image is named by; images of one reference are its platforms. */
  readonly references: readonly string[];
  /** Receives the progress of this image, instead of that of all. */
  readonly progress?: Progress | undefined;
  /** The catalog's name and the image's, `acme/api`, under which the store remembers the build; else it is not remembered. */
  readonly knownAs?: string | undefined;
  /** What it is called in the catalog, where it is not remembered. */
  readonly name?: string;
  /** As in `CheckedPlan`. */
  readonly isVariant?: boolean;
}

/** How several images are built, whatever becomes of them. */
export type BuildSettings = Omit<BuildOptions, "output" | "platform" | "reference">;

/** Jobs whose images go somewhere together: the platforms of one image. */
interface BuildGroup {
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
    const builder = new ImageBuilder(settings, workspace);
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
          for (const job of group.jobs) built.push(await builder.build(job, plans.get(job)!, signal));
          const result = await use(built, group, workspace);
          await builder.remember(group.jobs, plans, built);
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
    const builder = new ImageBuilder(settings, workspace);
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
          built[at] = await builder.build(job, plans.get(job)!, signal);
        });
        const result = await use(built, workspace);
        await builder.remember(jobs, plans, built);
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
  checkPlans(jobs, resolve(settings.context ?? "."));
  const unpinned = jobs.map(({ plan }) => plan);
  // All at once: what is missing is said whole, and every reference is asked once.
  const plans = await pinPlans(unpinned, {
    ...settings,
    names: jobs.map(({ knownAs = "", name = knownAs.slice(knownAs.indexOf("/") + 1) }) => name),
  });
  await checkRuntime(unpinned, settings);
  return new Map(jobs.map((job, at) => [job, plans[at]!]));
}

/** Builds images of one workspace, any number of them at the same time. */
class ImageBuilder {
  readonly #workspace: Workspace;
  readonly #options: Omit<BuildImageOptions, "references" | "signal">;
  /** What each image was made from. */
  readonly #inputs = new Map<BuildJob, string>();

  constructor({ cache, compression, noCacheSteps = [] }: BuildSettings, workspace: Workspace) {
    this.#workspace = workspace;
    this.#options = {
      encoder: encoderFor(compression ?? DEFAULT_COMPRESSION),
      folder: workspace.context,
      sourceDateEpoch: parseSourceDateEpoch(process.env["SOURCE_DATE_EPOCH"]),
      cache,
      rerun: (command) => noCacheSteps.some((text) => command.includes(text)),
      turns: new Turns(),
    };
  }

  async build(job: BuildJob, plan: Plan, signal: AbortSignal): Promise<BuiltImage> {
    const { references, progress, knownAs } = job;
    try {
      const ports = await this.#workspace.portsFor(plan);
      const files = listedOnce(ports.files);
      const own = { ...ports, files, ...(progress && { progress }) };
      const built = await buildImage(plan, own, { ...this.#options, references, signal });
      if (knownAs !== undefined) this.#inputs.set(job, inputStamp(plan, files, this.#workspace.context));
      return built;
    } catch (error) {
      throw ofImage(error, knownAs);
    }
  }

  /** Notes what was built, now that it is where it should go: `diff`, the report and `--changed` compare with it. */
  async remember(
    jobs: readonly BuildJob[],
    plans: ReadonlyMap<BuildJob, Plan>,
    built: readonly BuiltImage[],
  ): Promise<void> {
    const { context, store } = this.#workspace;
    for (const [at, job] of jobs.entries()) {
      const { knownAs } = job;
      if (knownAs === undefined) continue;
      const plan = plans.get(job)!;
      const key = { context, knownAs, platform: plan.platform };
      await rememberBuilt(store, key, built[at]!, plan, this.#inputs.get(job)!);
    }
  }
}

/** Closes every image, also after one of them could not be closed. */
async function closeAll(built: readonly BuiltImage[]): Promise<void> {
  const ends = await Promise.allSettled(built.map((image) => image.close()));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** Images that are built together, by their place in the list that was given. */
interface BuildOrder {
  /** Every image after those that it is made from. */
  readonly order: readonly number[];
  /** The images that one is made from. */
  needs(at: number): readonly number[];
}

/** How many images are built at once: commands wait for more than processors, and layers are packed by all of them. */
const IMAGES_AT_ONCE = Math.max(4, availableParallelism());

/** Finds which images are made from others, from the plans of each, one a platform. */
export function buildOrder(images: readonly (readonly Plan[])[]): BuildOrder {
  const makers = new Map<string, number>();
  const keys = images.map((plans) => plans.map((plan) => [...stageKeys(plan).values()]));
  for (const [at, plans] of keys.entries()) {
    for (const own of plans) {
      const last = own.at(-1)!;
      if (!makers.has(last)) makers.set(last, at);
    }
  }
  const needed = keys.map((plans, at) => {
    const found = plans.flatMap((own) => own.slice(0, -1).map((key) => makers.get(key)));
    return [...new Set(found)].filter((maker) => maker !== undefined && maker !== at) as number[];
  });
  const order: number[] = [];
  const seen = new Set<number>();
  const visit = (at: number): void => {
    if (seen.has(at)) return;
    seen.add(at);
    for (const before of needed[at]!) visit(before);
    order.push(at);
  };
  for (const at of images.keys()) visit(at);
  return { order, needs: (at) => needed[at]! };
}

/**
 * A digest over all that an image is made from, without reading any of it: its plan with what the lock pins, and what
 * `lstat` says of each file of its sources and of its bases on disk. A file that was only touched counts as changed.
 */
export function inputStamp(plan: Plan, files: FileSource, context: string): string {
  const sources = plan.stages.flatMap(operationsOf).flatMap((operation) => {
    const exclude = operation.op === "copy" ? (operation.exclude ?? []) : [];
    return sourcesOf(operation).flatMap((source) => {
      if (source.from !== "context") return [];
      const matches = files.list(source.context, source.path, exclude);
      return matches.map(({ path, entries }) => [
        source.context ?? null,
        path,
        entries.map(({ path: below, type, mode, size, target, host, linked }) => {
          const { mtimeMs, dev, ino } = host.guard;
          // Names of one file become one file in the image, and another when they no longer are one.
          return [below, type, mode, size, target ?? null, mtimeMs, ...(linked ? [dev, ino] : [])];
        }),
      ]);
    });
  });
  const bases = plan.stages.flatMap(({ base }) =>
    "path" in base ? stampsOf(resolve(context, base.path)) : [],
  );
  // Lists of lists have one spelling already, and every build of a catalog comes here.
  return sha256Hex(JSON.stringify([[...stageKeys(plan).values()].at(-1), sources, bases]));
}

/** What `lstat` says of a file, or of all in a directory. */
function stampsOf(path: string): unknown[] {
  if (!statSync(path).isDirectory()) return [stampOf(path)];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  return names.map((name) => [name, ...stampOf(join(path, name))]);
}

function stampOf(path: string): unknown[] {
  const { mode, uid, gid, size, mtimeMs } = lstatSync(path);
  return [mode, uid, gid, size, mtimeMs];
}
