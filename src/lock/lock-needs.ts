import type { Origin } from "../errors/origin.js";
import { platformText } from "../oci/platform.js";
import { canonicalReference, parseReference } from "../oci/reference.js";
import { addressPlan } from "../plan/address.js";
import { applyLayering, isUndecided, layeringKey } from "../plan/layering.js";
import { type Operation, redactUrl } from "../plan/operation.js";
import { baseStages, operationsOf, type Plan, type PlanBase } from "../plan/plan.js";
import type { Lock } from "./lock.js";

/** The inputs that plans take from outside and do not name by digest themselves. */
export interface LockNeeds {
  /** By full reference: the platforms that are built for, and where the reference is written. */
  readonly images: ReadonlyMap<string, NeededImage>;
  /** By URL. */
  readonly files: ReadonlyMap<string, { readonly origin?: Origin | undefined }>;
  /** By the id of a stage whose layers nobody decided: where the first of its steps is written. */
  readonly layering: ReadonlyMap<string, { readonly origin?: Origin | undefined }>;
}

/** A reference that has to be in the lock. */
interface NeededImage {
  readonly platforms: ReadonlySet<string>;
  readonly origin?: Origin | undefined;
}

/** An entry of a lock, or one that it lacks: an image for one platform, a file, or the layers of a stage. */
export type LockEntry =
  | { readonly kind: "image"; readonly reference: string; readonly platform: string }
  | { readonly kind: "file"; readonly url: string }
  | { readonly kind: "layering"; readonly stage: string };

/** Everything that these plans want from a lock. */
export function needsOf(plans: readonly Plan[]): LockNeeds {
  const images = new Map<string, { platforms: Set<string>; origin?: Origin | undefined }>();
  const files = new Map<string, { origin?: Origin | undefined }>();
  const layering = new Map<string, { origin?: Origin | undefined }>();
  for (const plan of plans) {
    const { stages, platform } = plan;
    for (const stage of baseStages(plan).filter(isUndecided)) {
      const { layers } = stage;
      layering.set(layeringKey(stage), { origin: layers[0]?.operations[0]?.origin });
    }
    for (const stage of stages) {
      const reference = lockedName(stage.base);
      if (reference !== undefined) {
        const known = images.get(reference) ?? { platforms: new Set(), origin: stage.origin };
        known.platforms.add(platformText(platform));
        images.set(reference, known);
      }
      for (const operation of operationsOf(stage)) {
        if (operation.op !== "add" || operation.sha256 !== undefined || files.has(operation.url)) continue;
        files.set(operation.url, { origin: operation.origin });
      }
    }
  }
  return { images, files, layering };
}

/** True when plans want nothing of a lock, so that none has to be read. */
export function isNothing({ images, files, layering }: LockNeeds): boolean {
  return images.size + files.size + layering.size === 0;
}

/** The name under which a base is in a lock; undefined for one that needs no lock: on disk, or named by digest. */
export function lockedName(base: PlanBase): string | undefined {
  if (base.kind !== "registry" || base.digest !== undefined) return undefined;
  const reference = parseReference(base.reference);
  return reference.digest === undefined ? canonicalReference(reference) : undefined;
}

/** The entries that a lock lacks, in a fixed order. */
export function missingFrom({ images, files, layering }: LockNeeds, lock: Lock): LockEntry[] {
  return [...entriesOf(images, files.keys(), layering.keys())].filter((entry) => !has(lock, entry));
}

/** The entries that a lock holds and nobody needs, in a fixed order. */
export function unusedIn(needs: LockNeeds, lock: Lock): LockEntry[] {
  const held = Object.entries(lock.images).map(
    ([reference, { platforms }]) => [reference, { platforms: new Set(Object.keys(platforms)) }] as const,
  );
  const entries = entriesOf(held, Object.keys(lock.files), Object.keys(lock.layering));
  return [...entries].filter((entry) => !isNeeded(needs, entry));
}

function isNeeded({ images, files, layering }: LockNeeds, entry: LockEntry): boolean {
  if (entry.kind === "file") return files.has(entry.url);
  if (entry.kind === "layering") return layering.has(entry.stage);
  return images.get(entry.reference)?.platforms.has(entry.platform) === true;
}

/** An entry in a few words, without what may be secret in a URL. */
export function entryText(entry: LockEntry): string {
  if (entry.kind === "layering") return `the layers of squash "auto" (stage ${entry.stage})`;
  return entry.kind === "file" ? redactUrl(entry.url) : `${entry.reference} (${entry.platform})`;
}

function has(lock: Lock, entry: LockEntry): boolean {
  if (entry.kind === "file") return lock.files[entry.url] !== undefined;
  if (entry.kind === "layering") return lock.layering[entry.stage] !== undefined;
  return lock.images[entry.reference]?.platforms[entry.platform] !== undefined;
}

function* entriesOf(
  images: Iterable<readonly [string, NeededImage]>,
  files: Iterable<string>,
  layering: Iterable<string>,
): Generator<LockEntry> {
  for (const [reference, { platforms }] of [...images].sort(byName)) {
    for (const platform of [...platforms].sort()) yield { kind: "image", reference, platform };
  }
  for (const url of [...files].sort()) yield { kind: "file", url };
  for (const stage of [...layering].sort()) yield { kind: "layering", stage };
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

/**
 * The plan with what the lock says in all its stages: the layers that were decided for squash `"auto"`, digests of
 * bases, and the sha256 of files that have none. What the lock lacks stays as it is; a plan that nothing is said of is
 * the same object.
 */
export function pinPlan(undecided: Plan, lock: Lock): Plan {
  const plan = applyLayering(undecided, (stage) => lock.layering[stage]);
  let pinned = false;
  const base = (from: PlanBase): PlanBase => {
    const name = from.kind === "registry" ? lockedName(from) : undefined;
    const digest = name === undefined ? undefined : lock.images[name]?.digest;
    if (digest === undefined || from.kind !== "registry") return from;
    pinned = true;
    return { ...from, digest };
  };
  const operation = (one: Operation): Operation => {
    if (one.op !== "add" || one.sha256 !== undefined) return one;
    const sha256 = lock.files[one.url]?.sha256;
    if (sha256 === undefined) return one;
    pinned = true;
    return { ...one, sha256 };
  };
  const stages = plan.stages.map((stage) => ({
    ...stage,
    base: base(stage.base),
    layers: stage.layers.map((layer) => ({ ...layer, operations: layer.operations.map(operation) })),
  }));
  // What a stage starts from is part of its address.
  return pinned ? addressPlan({ ...plan, stages }) : plan;
}
