import type { PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import { emptyLock, type Lock } from "../../lock/lock.js";
import {
  entryText,
  isNothing,
  type LockEntry,
  type LockNeeds,
  missingFrom,
  needsOf,
  pinPlan,
} from "../../lock/lock-needs.js";
import type { Plan } from "../../plan/plan.js";
import type { PinOptions } from "../options.js";
import { changeLock, incomplete, type LockSearch, lockOf, shownLock } from "./lock-file.js";
import {
  ENCODER_KINDS,
  hasBundledList,
  otherCertificates,
  withCertificates,
  withEncoders,
} from "./runtime.js";

/**
 * The plans of a build with every outside thing named by digest. What the lock lacks is looked up once and written into
 * it, so that no later build floats; plans that are pinned already pass through.
 *
 * @throws {PlanError} LOCK_INCOMPLETE under `locked` or `offline`, with all that is missing
 * @throws {EnvironmentError} OFFLINE_MISSING when the store lacks what an offline build needs
 */
export async function pinPlans(plans: readonly Plan[], options: PinOptions): Promise<readonly Plan[]> {
  const needs = needsOf(plans);
  const lock = isNothing(needs) ? emptyLock : await completeLock(plans, needs, options);
  const pinned = plans.map((plan) => withoutFacts(pinPlan(plan, lock)));
  if (options.offline === true) {
    const { checkOffline } = await import("./check-offline.js");
    await checkOffline(pinned, lock, options.store);
  }
  return pinned;
}

/**
 * The plans pinned as far as the lock goes: what a synthesis and `plan` take, which never look outside.
 *
 * @throws {PlanError} LOCK_INCOMPLETE, LOCK_CERTIFICATES under `locked`
 */
export function pinByLock(
  plans: readonly Plan[],
  options: LockSearch & { readonly locked?: boolean },
): readonly Plan[] {
  const needs = needsOf(plans);
  if (options.locked === true) refuseOtherCertificates(plans, options);
  if (isNothing(needs)) return plans;
  const { path, lock } = lockOf(options);
  const missing = missingFrom(needs, lock);
  if (options.locked === true && missing.length > 0) throw incomplete(missing, needs, path, true);
  return plans.map((plan) => pinPlan(plan, lock));
}

/** The warning of a synthesis for an image whose list of certificates is another one than the lock has. */
export function certificateWarnings(
  plans: readonly Plan[],
  options: LockSearch,
): { readonly code: string; readonly message: string; readonly origin?: Origin }[] {
  const error = otherList(plans, options);
  if (error === undefined) return [];
  const { code, shortMessage, hint, origin } = error;
  return [{ code, message: `${shortMessage}: ${hint}`, ...(origin === undefined ? {} : { origin }) }];
}

function refuseOtherCertificates(plans: readonly Plan[], options: LockSearch): void {
  const error = otherList(plans, options);
  if (error !== undefined) throw error;
}

function otherList(plans: readonly Plan[], options: LockSearch): PlanError | undefined {
  if (!hasBundledList(plans)) return undefined;
  const { path, lock } = lockOf(options);
  return otherCertificates(plans, lock, path);
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
 * The lock with all that plans take from outside: what it lacks is looked up and written into it. Layers of squash
 * `"auto"` that nobody decided about stay as `"keep"` has them; `decideLayers` comes before.
 *
 * @throws {PlanError} LOCK_INCOMPLETE under `locked` or `offline`
 */
export async function completeLock(
  plans: readonly Plan[],
  needs: LockNeeds,
  options: PinOptions,
): Promise<Lock> {
  const { locked, offline, progress } = options;
  const { path, lock: read } = lockOf(options);
  let lock = read;
  const lacks = missingFrom(needs, lock);
  let missing = lacks.filter(isOutside);
  if (locked === true || offline === true) {
    const refused = options.lock === false ? missing : lacks;
    if (refused.length > 0) throw incomplete(refused, needs, path, locked === true);
  }
  if (missing.length === 0 || options.lock === false) return lock;
  const gets = missing.map(entryText).join(", ");
  progress?.report({ kind: "warn", message: `${shownLock(path)} gets ${gets}` });
  // Most builds have all in the lock, and need no registry client.
  const { addToLock } = await import("./look-up.js");
  for (let attempt = 1; missing.length > 0 && attempt <= ATTEMPTS; attempt++) {
    lock = await changeLock(path, lock, await withRuntime(await addToLock(lock, missing, options), plans));
    missing = missingFrom(needs, lock).filter(isOutside);
  }
  return lock;
}

function isOutside({ kind }: LockEntry): boolean {
  return kind !== "layering";
}

/** The lock with what this runtime compresses with, and the certificates that it brings. */
export function withRuntime(lock: Lock, plans: readonly Plan[]): Promise<Lock> {
  return withEncoders(withCertificates(lock, plans), ENCODER_KINDS);
}
