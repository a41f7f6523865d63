import { BoundedRegistry } from "../../adapters/registry-bounded/bounded-registry.js";
import { BaseResolver, type RegistryLookUp } from "../../engine/resolve-bases.js";
import { EnvironmentError, isLayerwrightError, RegistryError } from "../../errors/layerwright-error.js";
import { emptyLock, type Lock } from "../../lock/lock.js";
import { parseReference } from "../../oci/reference.js";
import type { PassWarning } from "../../plan/passes/pass.js";
import {
  hasUnknownBase,
  isUnknownBase,
  type Plan,
  type RegistryPlanBase,
  type Stage,
} from "../../plan/plan.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry } from "../../ports/registry.js";
import { lockedDigest, lockOf } from "../lock/lock-file.js";
import type { LockPlace } from "../options.js";
import { openRegistry, type RegistryOptions } from "../registry/open-registry.js";
import { listedOnce, withWorkspace } from "../workspace.js";

/** How long a registry has to answer at first; a synthesis goes on without. */
const PATIENCE_MS = 6000;

/** How bases are looked at. */
export interface LookUpBasesOptions extends LockPlace, RegistryOptions {
  readonly context?: string | undefined;
  readonly store?: string | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Takes what a tag named before in this process for what it names now: one image is described many times. @default - false */
  readonly askOnce?: boolean | undefined;
}

/** Plans with what is known of their bases, and for each what is to be said of bases that could not be reached. */
export interface LookedUp {
  readonly plans: readonly Plan[];
  readonly warnings: readonly (readonly PassWarning[])[];
}

/** Registries that could not be reached from this process, and why: each is asked once. */
const unreachable = new Map<string, string>();

/** What references named when they were asked with `askOnce`, by reference and registries. */
const askedOnce = new Map<string, Promise<string>>();

/** Tells whether registries may be asked for what is only looked at: a build asks them in any case. */
function mayAsk({ offline, registry, registries }: RegistryOptions): boolean {
  if (offline === true) return false;
  const never = process.env["LAYERWRIGHT_LOOKUP"] === "never";
  return !never || registry !== undefined || registries !== undefined;
}

/** Tells whether more of a base can be known: it is on disk, its digest is locked, or somebody says why it is unknown. */
function isReachable(plan: Plan, asks: boolean, options: LookUpBasesOptions): boolean {
  return plan.stages.some(
    ({ base }) =>
      isUnknownBase(base) &&
      (asks ||
        options.offline === true ||
        base.kind !== "registry" ||
        (options.lock !== false && lockedDigest(base, lockOf(options).lock) !== undefined)),
  );
}

/**
 * Plans with what they need to know of their bases: config, directories that they write into, owners that they name.
 * A base in a registry is looked at by the digest of the lock, or by what its tag names now; the lock is not written.
 * One that cannot be reached stays unknown. Bases that are known already are not looked at again.
 */
export async function lookUpBases(plans: readonly Plan[], options: LookUpBasesOptions): Promise<LookedUp> {
  const warnings = plans.map((): PassWarning[] => []);
  const asks = mayAsk(options);
  if (!plans.some((plan) => isReachable(plan, asks, options))) return { plans, warnings };
  const { registry: given, signal } = options;
  signal?.throwIfAborted();
  const opened = await openRegistry({ ...options, offline: !asks });
  const registry = given === undefined ? new BoundedRegistry(opened, PATIENCE_MS) : opened;
  try {
    return await withWorkspace({ ...options, offline: false, registry }, async ({ portsFor, context }) => {
      const known: Plan[] = [];
      let at = 0;
      const look = new LookUp(registry, asks, options, (warning) => warnings[at]!.push(warning));
      const resolver = new BaseResolver(context, look);
      try {
        for (const plan of plans) {
          at = known.length;
          const { bases, store, files } = await portsFor({ ...plan, stages: [] });
          known.push(
            hasUnknownBase(plan)
              ? await resolver.resolve(plan, { bases, store, files: listedOnce(files) })
              : plan,
          );
        }
      } finally {
        await resolver.close();
      }
      return { plans: known, warnings };
    });
  } finally {
    if (given === undefined) await registry.close();
  }
}

/** One plan with what it needs to know of its bases on disk. */
export async function knownBases(plan: Plan, context: string, store?: string): Promise<Plan> {
  const { plans } = await lookUpBases([plan], { context, store, offline: true });
  return plans[0]!;
}

/** The registries of one look at bases. */
class LookUp implements RegistryLookUp {
  readonly #registry: Registry;
  readonly #asks: boolean;
  readonly #options: LookUpBasesOptions;
  readonly #warn: (warning: PassWarning) => void;
  /** What references name now: the same for all platforms and images. */
  readonly #digests: Map<string, Promise<string>>;
  #lock: Lock | undefined;

  constructor(
    registry: Registry,
    asks: boolean,
    options: LookUpBasesOptions,
    warn: (warning: PassWarning) => void,
  ) {
    const once = options.askOnce === true && options.registry === undefined;
    this.#registry = registry;
    this.#asks = asks;
    this.#options = options;
    this.#digests = once ? askedOnce : new Map();
    this.#warn = warn;
  }

  async digestOf(base: RegistryPlanBase): Promise<string | undefined> {
    const locked = lockedDigest(base, this.#locked());
    if (locked !== undefined) return locked;
    // Somebody who wants no look at all knows that bases stay unknown.
    if (!this.#asks && this.#options.offline !== true) return undefined;
    const { reference } = base;
    const key = JSON.stringify([reference, this.#options.registries]);
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const found = this.#resolve(reference);
    this.#digests.set(key, found);
    // A registry that gave no answer is asked again by the next look.
    found.catch(() => this.#digests === askedOnce && askedOnce.delete(key));
    return found;
  }

  unreached(base: RegistryPlanBase, stage: Stage, error: unknown): void {
    const isMissing = isLayerwrightError(error) && error.code === "OFFLINE_MISSING";
    if (!(error instanceof RegistryError) && !isMissing) throw error;
    const { domain } = parseReference(base.reference);
    const reason = isMissing ? "it is not in the store, and nothing may be fetched" : error.shortMessage;
    if (SILENT.includes(error.code) && this.#options.registry === undefined) unreachable.set(domain, reason);
    const origin = stage.origin ?? stage.layers[0]?.operations[0]?.origin;
    this.#warn({
      pass: "bases",
      code: "BASE_NOT_REACHED",
      message: `the base ${base.reference} was not looked into: ${reason}`,
      ...(origin === undefined ? {} : { origin }),
    });
  }

  #locked(): Lock {
    this.#lock ??= this.#options.lock === false ? emptyLock : lockOf(this.#options).lock;
    return this.#lock;
  }

  async #resolve(reference: string): Promise<string> {
    const parsed = parseReference(reference);
    const { domain } = parsed;
    const why = this.#options.registry === undefined ? unreachable.get(domain) : undefined;
    if (why !== undefined) throw new RegistryError("REGISTRY_UNREACHABLE", { registry: domain, reason: why });
    if (!this.#asks)
      throw new EnvironmentError("OFFLINE_MISSING", { missing: [reference] }, { subject: reference });
    const found = await this.#registry.resolve(parsed, this.#options.signal);
    if (found === undefined) throw new RegistryError("MANIFEST_NOT_FOUND", { reference });
    return found.digest;
  }
}

/** Errors of a registry that will not answer the next question either. */
const SILENT: readonly string[] = [
  "REGISTRY_UNREACHABLE",
  "REGISTRY_SILENT",
  "REGISTRY_CERTIFICATE",
  "PROXY_FAILED",
];
