import { resolve } from "node:path";
import { parseReference } from "../oci/reference.js";
import type { PassWarning } from "../plan/passes/pass.js";
import type { Plan, PlanBase } from "../plan/plan.js";
import { askChild } from "./ask-child.js";
import { lockedDigest, lockOf } from "./lock/lock-file.js";
import type { LockPlace } from "./options.js";
import type { RegistryOptions } from "./registry/open-registry.js";

/** How bases are looked at. */
export interface LookUpBasesOptions extends LockPlace, RegistryOptions {
  readonly context?: string | undefined;
  readonly store?: string | undefined;
}

/** Plans with what is known of their bases, and for each what is to be said of bases that could not be reached. */
export interface LookedUp {
  readonly plans: readonly Plan[];
  readonly warnings: readonly (readonly PassWarning[])[];
}

/** Registries that could not be reached from this process, and why: each is asked once. */
export const unreachable = new Map<string, string>();

/** Tells whether registries may be asked for what is only looked at: a build asks them in any case. */
export function mayAsk({ offline, registry, registries }: RegistryOptions): boolean {
  if (offline === true) return false;
  const never = process.env["LAYERWRIGHT_LOOKUP"] === "never";
  return !never || registry !== undefined || registries !== undefined;
}

/** Tells whether a plan starts from anything that can be looked at and was not yet. */
export function hasUnknownBase(plan: Plan): boolean {
  return plan.stages.some(({ base }) => isUnknown(base));
}

function isUnknown(base: PlanBase): boolean {
  return base.kind !== "scratch" && base.kind !== "stage" && base.known === undefined;
}

/**
 * Adds what is known of bases, for the verbs that give their result at once: reading a base is asynchronous, so a child
 * process does it. Plans on nothing but bases that cannot be looked at cost nothing.
 */
export function lookUpBasesSync(
  plans: readonly Plan[],
  { context, store, lock, offline, registry, registries }: LookUpBasesOptions,
): LookedUp {
  const place = { context: resolve(context ?? "."), ...(lock === undefined ? {} : { lock }) };
  const asks = mayAsk({ registry, registries, ...(offline === undefined ? {} : { offline }) });
  const wanted = plans.some(({ stages }) =>
    stages.some(({ base }) => isUnknown(base) && isReachable(base, asks, place)),
  );
  if (!wanted) return { plans, warnings: plans.map(() => []) };
  const options = { ...place, store, registries, ...(offline === undefined ? {} : { offline }) };
  const question = { plans, options };
  const key = plans.every(standsOnRegistries) ? JSON.stringify(question) : undefined;
  const known = key === undefined ? undefined : answers.get(key);
  if (known !== undefined) return known;
  const { unreachable: silent, ...answer } = askChild<ChildAnswer>("known-bases-child", question);
  for (const [host, reason] of silent) unreachable.set(host, reason);
  if (key !== undefined) answers.set(key, answer);
  return answer;
}

/** What the child process answers. */
export interface ChildAnswer extends LookedUp {
  readonly unreachable: readonly (readonly [host: string, reason: string])[];
}

/** Answers about bases in registries by their question: a tag means the same image for as long as the process runs. */
const answers = new Map<string, LookedUp>();

function standsOnRegistries({ stages }: Plan): boolean {
  return stages.every(({ base }) => !isUnknown(base) || base.kind === "registry");
}

/** Tells whether a child process could know more of a base: it is on disk, in the store, or in a registry that may answer. */
function isReachable(base: PlanBase, asks: boolean, place: LookUpBasesOptions): boolean {
  if (base.kind !== "registry") return true;
  if (asks && !unreachable.has(parseReference(base.reference).domain)) return true;
  return lockedDigest(base, lockOf(place).lock) !== undefined;
}
