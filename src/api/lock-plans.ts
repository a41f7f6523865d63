import { DefinitionError } from "../errors/layerwright-error.js";
import { closestName } from "../image/closest-name.js";
import { meansFile, meansImage } from "../lock/chosen-entries.js";
import type { Lock } from "../lock/lock.js";
import { lockDiff } from "../lock/lock-diff.js";
import { type LockNeeds, missingFrom, needsOf, unusedIn } from "../lock/lock-needs.js";
import { lockText } from "../lock/lock-text.js";
import { familiarReference } from "../oci/reference.js";
import { redactUrl } from "../plan/describe.js";
import type { Plan } from "../plan/plan.js";
import { addToLock } from "./add-to-lock.js";
import { describeChanges } from "./describe-changes.js";
import type { LockResult, LockVerbOptions } from "./lock.js";
import { changeLock } from "./lock-file.js";
import { lockOf } from "./pin-by-lock.js";

/** Locks plans; what the command line calls for plans that came from the user's file. */
export async function lockPlans(plans: readonly Plan[], options: LockVerbOptions): Promise<LockResult> {
  const needs = needsOf(plans);
  const { path, lock: before } = lockOf(options);
  const about = { path, missing: missingFrom(needs, before), unused: unusedIn(needs, before) };
  if (options.check === true) return { ...about, changes: [], written: false };
  const kept = keptOf(before, needs, updatesOf(needs, options.update));
  const wanted = await addToLock(kept, missingFrom(needs, kept), options);
  if (lockText(wanted) === lockText(before)) return { ...about, changes: [], written: false };
  const now = await changeLock(path, before, wanted);
  const changes = await describeChanges(lockDiff(before, now), options);
  return { ...about, changes, written: true };
}

type Chosen = (kind: "image" | "file", name: string) => boolean;

/** What is looked up again. Throws `LOCK_NAME_UNKNOWN` for a name that means nothing. */
function updatesOf({ images, files }: LockNeeds, update: LockVerbOptions["update"]): Chosen {
  if (update === undefined || typeof update === "boolean") return () => update === true;
  const means = (word: string, kind: "image" | "file", name: string): boolean =>
    kind === "image" ? meansImage(word, name) : meansFile(word, name);
  for (const word of update) {
    const used =
      [...images.keys()].some((name) => means(word, "image", name)) ||
      [...files.keys()].some((url) => means(word, "file", url));
    if (used) continue;
    const known = [
      ...[...images.keys()].map((name) => familiarReference(name)),
      ...[...files.keys()].map(redactUrl),
    ];
    const suggestion = closestName(word, known);
    throw new DefinitionError("LOCK_NAME_UNKNOWN", { got: word, known, suggestion }, { subject: word });
  }
  return (kind, name) => update.some((word) => means(word, kind, name));
}

/** What stays of a lock: what is needed, and is not to be looked up again. */
function keptOf(lock: Lock, needs: LockNeeds, again: Chosen): Lock {
  const images = Object.entries(lock.images).flatMap(([reference, { digest, platforms }]) => {
    const wanted = needs.images.get(reference)?.platforms;
    const kept = Object.entries(platforms).filter(([platform]) => wanted?.has(platform) === true);
    if (kept.length === 0 || again("image", reference)) return [];
    return [[reference, { digest, platforms: Object.fromEntries(kept) }] as const];
  });
  const files = Object.entries(lock.files).filter(([url]) => needs.files.has(url) && !again("file", url));
  return { images: Object.fromEntries(images), files: Object.fromEntries(files) };
}
