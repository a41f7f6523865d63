import { closestName } from "../core/closest-name.js";
import { DefinitionError } from "../errors/layerwright-error.js";
import { meansFile, meansImage, meansLayering } from "../lock/chosen-entries.js";
import type { Lock } from "../lock/lock.js";
import { lockDiff } from "../lock/lock-diff.js";
import { type LockEntry, type LockNeeds, missingFrom, needsOf, unusedIn } from "../lock/lock-needs.js";
import { lockText } from "../lock/lock-text.js";
import { familiarReference } from "../oci/reference.js";
import { redactUrl } from "../plan/describe.js";
import type { Plan } from "../plan/plan.js";
import { addToLock } from "./add-to-lock.js";
import { describeChanges } from "./describe-changes.js";
import type { LockResult, LockVerbOptions } from "./lock.js";
import { changeLock } from "./lock-file.js";
import { hasBundledList, withCertificates } from "./locked-certificates.js";
import { ENCODER_KINDS, withEncoders } from "./locked-runtime.js";
import { lockOf } from "./pin-by-lock.js";

/** How plans are locked. */
export interface LockPlansOptions extends LockVerbOptions {
  /** What the plans are called in the catalog, in their order. */
  readonly names?: readonly string[];
  /** The most layers that squash `"auto"` gives an image. */
  readonly maxLayers?: number;
}

/** Locks plans; what the command line calls for plans that came from the user's file. */
export async function lockPlans(plans: readonly Plan[], options: LockPlansOptions): Promise<LockResult> {
  const needs = needsOf(plans);
  const { path, lock: before } = lockOf(options);
  const about = { path, missing: missingFrom(needs, before), unused: unusedIn(needs, before) };
  if (options.check === true) return { ...about, changes: [], written: false };
  const kept = keptOf(before, plans, needs, updatesOf(needs, before, options.update));
  const found = await addToLock(kept, missingFrom(needs, kept), options);
  const undecided = missingFrom(needs, found).length > 0;
  const decided = undecided ? await decideAll(plans, found, options) : found;
  const listed = withCertificates(decided, plans);
  const wanted = isEmpty(listed) ? listed : await withEncoders(listed, ENCODER_KINDS);
  if (lockText(wanted) === lockText(before)) return { ...about, changes: [], written: false };
  const now = await changeLock(path, before, wanted);
  const changes = await describeChanges(lockDiff(before, now), options);
  return { ...about, changes, written: true };
}

/** Decides the layers of squash `"auto"`, which takes a build. */
async function decideAll(plans: readonly Plan[], lock: Lock, options: LockPlansOptions): Promise<Lock> {
  const { decideLayering } = await import("./decide-layering.js");
  const { lock: _, ...rest } = options;
  return decideLayering(plans, lock, rest);
}

/** The words of `--update` that mean what the lock has of the runtime. */
const ENCODERS = "encoders";
const CERTIFICATES = "certificates";

type Kind = LockEntry["kind"] | "encoder" | "certificates";
type Chosen = (kind: Kind, name: string) => boolean;

/** True when a lock holds nothing that images are made of. */
function isEmpty({ images, files, layering, certificates }: Lock): boolean {
  if (certificates !== undefined) return false;
  return [images, files, layering].every((entries) => Object.keys(entries).length === 0);
}

/** What is looked up again. Throws `LOCK_NAME_UNKNOWN` for a name that means nothing. */
function updatesOf(
  { images, files, layering }: LockNeeds,
  lock: Lock,
  update: LockVerbOptions["update"],
): Chosen {
  if (update === undefined || typeof update === "boolean") return () => update === true;
  const means = (word: string, kind: Kind, name: string): boolean => {
    if (kind === "certificates") return word === CERTIFICATES;
    if (kind === "encoder") return word === ENCODERS || word === name;
    if (kind === "layering") return meansLayering(word, lock.layering[name]?.images ?? []);
    return kind === "image" ? meansImage(word, name) : meansFile(word, name);
  };
  for (const word of update) {
    const used =
      word === ENCODERS ||
      word === CERTIFICATES ||
      Object.keys(lock.encoders ?? {}).includes(word) ||
      [...images.keys()].some((name) => means(word, "image", name)) ||
      [...files.keys()].some((url) => means(word, "file", url)) ||
      [...layering.keys()].some((stage) => means(word, "layering", stage));
    if (used) continue;
    const known = [
      ...[...images.keys()].map((name) => familiarReference(name)),
      ...[...files.keys()].map(redactUrl),
      ...(layering.size === 0 ? [] : ["layers"]),
      ...(lock.encoders === undefined ? [] : [ENCODERS]),
      ...(lock.certificates === undefined ? [] : [CERTIFICATES]),
    ];
    const suggestion = closestName(word, known);
    throw new DefinitionError("LOCK_NAME_UNKNOWN", { got: word, known, suggestion }, { subject: word });
  }
  return (kind, name) => update.some((word) => means(word, kind, name));
}

/** What stays of a lock: what is needed, and is not to be looked up again. */
function keptOf(lock: Lock, plans: readonly Plan[], needs: LockNeeds, again: Chosen): Lock {
  const images = Object.entries(lock.images).flatMap(([reference, { digest, platforms }]) => {
    const wanted = needs.images.get(reference)?.platforms;
    const kept = Object.entries(platforms).filter(([platform]) => wanted?.has(platform) === true);
    if (kept.length === 0 || again("image", reference)) return [];
    return [[reference, { digest, platforms: Object.fromEntries(kept) }] as const];
  });
  const files = Object.entries(lock.files).filter(([url]) => needs.files.has(url) && !again("file", url));
  const layering = Object.entries(lock.layering).filter(
    ([stage]) => needs.layering.has(stage) && !again("layering", stage),
  );
  const encoders = Object.entries(lock.encoders ?? {}).filter(([kind]) => !again("encoder", kind));
  const { certificates } = lock;
  const keepsList = certificates !== undefined && !again("certificates", "") && hasBundledList(plans);
  return {
    ...(keepsList ? { certificates } : {}),
    ...(encoders.length === 0 ? {} : { encoders: Object.fromEntries(encoders) }),
    images: Object.fromEntries(images),
    files: Object.fromEntries(files),
    layering: Object.fromEntries(layering),
  };
}
