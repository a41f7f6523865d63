import { resolve } from "node:path";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import { emptyLock, type Lock } from "../lock/lock.js";
import {
  entryText,
  isNothing,
  type LockEntry,
  type LockNeeds,
  lockedName,
  missingFrom,
  needsOf,
} from "../lock/lock-needs.js";
import { pinPlan } from "../lock/pin-plan.js";
import { parseReference } from "../oci/reference.js";
import type { Plan, RegistryPlanBase } from "../plan/plan.js";
import { lockPath, readLock, shownLock } from "./lock-file.js";
import type { LockPlace } from "./lock-options.js";
import { hasBundledList, otherCertificates } from "./locked-certificates.js";

/** Where the lock is looked for. */
interface LockSearch extends LockPlace {
  readonly context?: string | undefined;
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

/** The lock that holds for a context: its file, and what is in it. */
export function lockOf({ lock, context }: LockSearch): {
  readonly path: string;
  readonly lock: Lock;
} {
  const path = lockPath(resolve(context ?? "."), lock === false ? undefined : lock);
  return { path, lock: lock === false ? emptyLock : (readLock(path) ?? emptyLock) };
}

/** The digest that a base in a registry goes by, where its reference or a lock says one. */
export function lockedDigest(base: RegistryPlanBase, lock: Lock): string | undefined {
  const name = lockedName(base);
  return name === undefined
    ? (base.digest ?? parseReference(base.reference).digest)
    : lock.images[name]?.digest;
}

/** The error for what is not in the lock where nothing may be added to it; at the line of the first thing. */
export function incomplete(
  missing: readonly LockEntry[],
  needs: LockNeeds,
  path: string,
  locked: boolean,
): PlanError {
  const [first] = missing;
  const need = first && needOf(first, needs);
  return new PlanError(
    "LOCK_INCOMPLETE",
    { path: shownLock(path), option: locked ? "--locked" : "--offline", missing: missing.map(entryText) },
    { subject: path, origin: need?.origin },
  );
}

function needOf(
  entry: LockEntry,
  { images, files, layering }: LockNeeds,
): { readonly origin?: Origin | undefined } | undefined {
  if (entry.kind === "image") return images.get(entry.reference);
  return entry.kind === "file" ? files.get(entry.url) : layering.get(entry.stage);
}
