import { emptyLock, type Lock } from "../lock/lock.js";
import {
  entryText,
  isNothing,
  type LockEntry,
  type LockNeeds,
  missingFrom,
  needsOf,
} from "../lock/lock-needs.js";
import { pinPlan } from "../lock/pin-plan.js";
import { platformText } from "../oci/platform.js";
import { layeringKey } from "../plan/layering.js";
import type { Plan } from "../plan/plan.js";
import { changeLock, incomplete, lockOf, shownLock } from "./lock-file.js";
import type { LookUpOptions } from "./look-up.js";
import type { BuildOptions, LockOptions } from "./options.js";

/** How plans are pinned. */
export interface PinOptions
  extends LockOptions,
    LookUpOptions,
    Pick<BuildOptions, "compression" | "cache" | "noCacheSteps" | "secrets" | "ssh" | "limits"> {
  readonly context?: string | undefined;
  /** What the plans are called in the catalog, in their order. */
  readonly names?: readonly string[];
}

/**
 * The plans of a build with every outside thing named by digest. What the lock lacks is looked up once and written into
 * it, so that no later build floats; plans that are pinned already pass through.
 *
 * @throws {PlanError} LOCK_INCOMPLETE under `locked` or `offline`, with all that is missing
 * @throws {EnvironmentError} OFFLINE_MISSING when the store lacks what an offline build needs
 */
export async function pinPlans(plans: readonly Plan[], options: PinOptions): Promise<readonly Plan[]> {
  const needs = needsOf(plans);
  if (needs.layering.size > 0) await decideWhole(plans, needs, options);
  const lock = isNothing(needs) ? emptyLock : await lockFor(plans, needs, options);
  const pinned = plans.map((plan) => withoutFacts(pinPlan(plan, lock)));
  if (options.offline === true) {
    const { checkOffline } = await import("./check-offline.js");
    await checkOffline(pinned, lock, options.store);
  }
  return pinned;
}

/** A build opens its bases itself: two images on one base are on the same one, whatever each needs to know of it. */
function withoutFacts(plan: Plan): Plan {
  if (!plan.stages.some(({ base }) => "known" in base)) return plan;
  const stages = plan.stages.map((stage) => {
    if (!("known" in stage.base)) return stage;
    const { known: _, ...base } = stage.base;
    return { ...stage, base };
  });
  return { ...plan, stages };
}

/** Two builds may lock the same thing at once; the second then takes the first one's word, and looks once more. */
const ATTEMPTS = 3;

/**
 * Decides squash `"auto"` for the whole catalog where these plans lack a decision: what an image is must not depend on
 * which of them a command was about first. Then, where it is about further platforms, for all images on these.
 */
async function decideWhole(plans: readonly Plan[], needs: LockNeeds, options: PinOptions): Promise<void> {
  const { whole, locked, offline, lock, ...rest } = options;
  if (whole === undefined || locked === true || offline === true || lock === false) return;
  const place = lock === undefined ? rest : { ...rest, lock };
  const undecided = () => missingFrom(needs, lockOf(place).lock).some(({ kind }) => kind === "layering");
  const own = [...new Set(plans.map(({ platform }) => platformText(platform)))];
  for (const platforms of [undefined, own]) {
    if (!undecided()) return;
    const all = await whole.plans(platforms);
    const named = all.map(({ name }) => name);
    const every = all.map(({ plan }) => plan);
    await lockFor(every, needsOf(every), { ...place, names: named, maxLayers: whole.maxLayers });
  }
}

async function lockFor(
  plans: readonly Plan[],
  needs: LockNeeds,
  options: PinOptions & { readonly maxLayers?: number },
): Promise<Lock> {
  const { locked, offline, progress } = options;
  const { path, lock: read } = lockOf(options);
  let lock = read;
  // Without a lock nothing is decided either: the images are as `"keep"` has them.
  const missingOf = (now: Lock) => {
    const all = missingFrom(needs, now);
    return options.lock === false ? all.filter(({ kind }) => kind !== "layering") : all;
  };
  let missing = missingOf(lock);
  if (missing.length === 0) return lock;
  if (locked === true || offline === true) throw incomplete(missing, needs, path, locked === true);
  if (options.lock === false) return lock;
  const gets = missing.map((entry) => toldEntry(entry, plans, options.names)).join(", ");
  progress?.report({ kind: "warn", message: `${shownLock(path)} gets ${gets}` });
  // Most builds have all in the lock, and need no registry client.
  const { addToLock } = await import("./look-up.js");
  const { ENCODER_KINDS, withEncoders } = await import("./runtime.js");
  const { withCertificates } = await import("./runtime.js");
  const withRuntime = (found: Lock) => withEncoders(withCertificates(found, plans), ENCODER_KINDS);
  const outside = () => missing.some(({ kind }) => kind !== "layering");
  for (let attempt = 1; outside() && attempt <= ATTEMPTS; attempt++) {
    lock = await changeLock(path, lock, await withRuntime(await addToLock(lock, missing, options)));
    missing = missingOf(lock);
  }
  if (missing.length === 0) return lock;
  const { decideLayering } = await import("./decide-layers.js");
  const { whole, ...settings } = options;
  const maxLayers = options.maxLayers ?? whole?.maxLayers;
  const decided = await decideLayering(plans, lock, { ...settings, maxLayers });
  return changeLock(path, lock, await withRuntime(decided));
}

/** An entry in the user's words: layers are those of an image, where the catalog has a name for it. */
function toldEntry(entry: LockEntry, plans: readonly Plan[], names: readonly string[] = []): string {
  if (entry.kind !== "layering") return entryText(entry);
  const at = plans.findIndex(({ stages }) => layeringKey(stages.at(-1)!) === entry.stage);
  const name = names[at] ?? "";
  return name === "" ? entryText(entry) : `the layers of ${name}`;
}
