import { resolve } from "node:path";
import { observeProblem, type ProblemOptions } from "../../analyze/layering/observe-problem.js";
import { planLayering } from "../../analyze/layering/plan-layering.js";
import type { ObservedImage } from "../../analyze/observed-image.js";
import { DEFAULT_MAX_LAYERS } from "../../catalog/catalog-options.js";
import { isLayerwrightError } from "../../errors/layerwright-error.js";
import type { Lock, LockedLayering } from "../../lock/lock.js";
import { entryText, type LockEntry, missingFrom, needsOf, pinPlan } from "../../lock/lock-needs.js";
import { platformText } from "../../oci/platform.js";
import { layeringKey } from "../../plan/layering.js";
import type { Plan } from "../../plan/plan.js";
import { emitResolved } from "../dockerfile.js";
import { withObservedJobs } from "../observe.js";
import type { PinOptions } from "../options.js";
import { knownBases } from "../prepare/known-bases.js";
import { changeLock, lockOf, shownLock } from "./lock-file.js";
import { completeLock, withRuntime } from "./pin-plans.js";

/** How layers are decided. */
interface DecideOptions extends Omit<PinOptions, "whole"> {
  /** The most layers that an image gets, its base's included. */
  readonly maxLayers?: number | undefined;
}

/**
 * Decides squash `"auto"` for the whole catalog where these plans lack a decision, and writes it into the lock: what an
 * image is must not depend on which of them a command was about first. Then, where it is about further platforms, for all
 * images on these.
 */
export async function decideMissing(plans: readonly Plan[], given: PinOptions): Promise<void> {
  const { whole, ...options } = given;
  const needs = needsOf(plans);
  const isUndecided = () => missingFrom(needs, lockOf(options).lock).some(({ kind }) => kind === "layering");
  if (whole !== undefined) {
    const own = [...new Set(plans.map(({ platform }) => platformText(platform)))];
    for (const platforms of [undefined, own]) {
      if (!isUndecided()) return;
      const all = await whole.plans(platforms);
      const names = all.map(({ name }) => name);
      const every = all.map(({ plan }) => plan);
      await decideFor(every, { ...options, names, maxLayers: whole.maxLayers });
    }
  }
  if (isUndecided()) await decideFor(plans, options);
}

/** Locks what plans take from outside, then decides their layers. */
async function decideFor(plans: readonly Plan[], options: DecideOptions): Promise<void> {
  const needs = needsOf(plans);
  const lock = await completeLock(plans, needs, options);
  const missing = missingFrom(needs, lock);
  if (missing.length === 0) return;
  const { path } = lockOf(options);
  const gets = missing.map((entry) => toldEntry(entry, plans, options.names)).join(", ");
  options.progress?.report({ kind: "warn", message: `${shownLock(path)} gets ${gets}` });
  const decided = await decideLayering(plans, lock, options);
  await changeLock(path, lock, await withRuntime(decided, plans));
}

/** An entry in the user's words: layers are those of an image, where the catalog has a name for it. */
function toldEntry(entry: LockEntry, plans: readonly Plan[], names: readonly string[] = []): string {
  if (entry.kind !== "layering") return entryText(entry);
  const at = plans.findIndex(({ stages }) => layeringKey(stages.at(-1)!) === entry.stage);
  const name = names[at] ?? "";
  return name === "" ? entryText(entry) : `the layers of ${name}`;
}

/**
 * Decides what the layers of the images with squash `"auto"` are, for all of them together, and gives the lock with the
 * decisions. The images are built into the store for that, as `"keep"` has them; what was decided before stays.
 */
export async function decideLayering(
  plans: readonly Plan[],
  lock: Lock,
  options: DecideOptions,
): Promise<Lock> {
  const { names = [], maxLayers = DEFAULT_MAX_LAYERS, store, signal, progress, ...rest } = options;
  const context = resolve(options.context ?? ".");
  const jobs = plans.map((plan, at) => ({
    name: nameOf(names, at, plan),
    // What was decided is as it is, and counts for what is shared.
    plan: pinPlan(plan, lock),
    references: [],
  }));
  const settings = {
    ...rest,
    context,
    // What it knows is in the plans; without it nothing is decided.
    lock: false as const,
    ...(store === undefined ? {} : { store }),
    ...(signal === undefined ? {} : { signal }),
    ...(progress === undefined ? {} : { progress }),
  };
  return withObservedJobs(jobs, settings, async (images) => {
    const fixed = new Set<string>();
    for (;;) {
      const layering = await decide(images, { maxLayers, fixed });
      const decided = { ...lock, layering: { ...lock.layering, ...layering } };
      const refused = await firstRefused(plans, decided, layering, { context, store });
      if (refused === undefined) return decided;
      fixed.add(refused);
    }
  });
}

/** An image for several platforms is several images here. */
function nameOf(names: readonly string[], at: number, { platform }: Plan): string {
  const name = names[at] ?? "";
  if (name === "") return `image ${at + 1}`;
  return names.filter((other) => other === name).length > 1 ? `${name} ${platformText(platform)}` : name;
}

async function decide(
  images: readonly ObservedImage[],
  options: ProblemOptions,
): Promise<Record<string, LockedLayering>> {
  const { problem, layeringOf, undecided } = await observeProblem(images, options);
  const layering: Record<string, LockedLayering> = {};
  for (const { stage, images: called } of undecided) {
    // What has no better form keeps the one that it has.
    layering[layeringKey(stage)] = {
      images: called,
      melt: false,
      layers: stage.layers.map((_, at) => [at]),
      portable: [],
      why: ["keeps its layers: others cannot be written as a Dockerfile"],
    };
  }
  for (const decision of planLayering(problem)) {
    const said = layeringOf(decision);
    if (said !== undefined)
      layering[layeringKey(said.stage.stage)] = { images: said.stage.images, ...said.layering };
  }
  return layering;
}

/**
 * The first stage whose decision a Dockerfile cannot say where it could say `"keep"`: some need to know directories of a
 * base that only a registry has. Both syntheses are the same image, so such a stage keeps its layers.
 */
async function firstRefused(
  plans: readonly Plan[],
  decided: Lock,
  layering: Readonly<Record<string, LockedLayering>>,
  { context, store }: { readonly context: string; readonly store: string | undefined },
): Promise<string | undefined> {
  const before: Lock = { ...decided, layering: {} };
  for (const plan of plans) {
    const own = plan.stages.filter((stage) => isChanged(layering[layeringKey(stage)]));
    if (own.length === 0 || (await emits(pinPlan(plan, decided), context, store))) continue;
    if (!(await emits(pinPlan(plan, before), context, store))) continue;
    return layeringKey(own.at(-1)!);
  }
  return undefined;
}

/** True when a decision is another one than to keep the layers. */
function isChanged(layering: LockedLayering | undefined): boolean {
  if (layering === undefined) return false;
  const { melt, layers, portable } = layering;
  return melt || portable.length > 0 || layers.some((places, at) => places.length !== 1 || places[0] !== at);
}

async function emits(plan: Plan, context: string, store: string | undefined): Promise<boolean> {
  try {
    emitResolved([await knownBases(plan, context, store)], context, {});
    return true;
  } catch (error) {
    if (isLayerwrightError(error)) return false;
    throw error;
  }
}
