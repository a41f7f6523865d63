import { BoundedRegistry } from "../adapters/registry-bounded/bounded-registry.js";
import { BaseResolver, type RegistryLookUp } from "../engine/resolve-bases.js";
import { EnvironmentError, isLayerwrightError, RegistryError } from "../errors/layerwright-error.js";
import { emptyLock, type Lock } from "../lock/lock.js";
import { parseReference } from "../oci/reference.js";
import type { PassWarning } from "../plan/passes/pass.js";
import type { Plan, RegistryPlanBase, Stage } from "../plan/plan.js";
import type { Progress } from "../ports/progress.js";
import type { Registry } from "../ports/registry.js";
import {
  hasUnknownBase,
  type LookedUp,
  type LookUpBasesOptions,
  mayAsk,
  unreachable,
} from "./known-bases-sync.js";
import { lockedDigest, lockOf } from "./lock/lock-file.js";
import { openRegistry } from "./registry/open-registry.js";
import { listedOnce, withWorkspace } from "./workspace.js";

/** How long a registry has to answer at first; a synthesis goes on without. */
const PATIENCE_MS = 6000;

type AskOptions = LookUpBasesOptions & {
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Plans with what they need to know of their bases: config, directories that they write into, owners that they name.
 * A base in a registry is looked at by the digest of the lock, or by what its tag names now; the lock is not written.
 * One that cannot be reached stays unknown. Bases that are known already are not looked at again.
 */
export async function lookUpBases(plans: readonly Plan[], options: AskOptions): Promise<LookedUp> {
  const warnings = plans.map((): PassWarning[] => []);
  if (!plans.some(hasUnknownBase)) return { plans, warnings };
  const { registry: given, signal } = options;
  signal?.throwIfAborted();
  const asks = mayAsk(options);
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
  readonly #options: AskOptions;
  readonly #warn: (warning: PassWarning) => void;
  /** What references name now: the same for all platforms and images. */
  readonly #digests = new Map<string, Promise<string>>();
  #lock: Lock | undefined;

  constructor(registry: Registry, asks: boolean, options: AskOptions, warn: (warning: PassWarning) => void) {
    this.#registry = registry;
    this.#asks = asks;
    this.#options = options;
    this.#warn = warn;
  }

  async digestOf(base: RegistryPlanBase): Promise<string | undefined> {
    const locked = lockedDigest(base, this.#locked());
    if (locked !== undefined) return locked;
    // Somebody who wants no look at all knows that bases stay unknown.
    if (!this.#asks && this.#options.offline !== true) return undefined;
    const { reference } = base;
    const known = this.#digests.get(reference) ?? this.#resolve(reference);
    this.#digests.set(reference, known);
    return known;
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
