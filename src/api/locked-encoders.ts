import { PlanError } from "../errors/layerwright-error.js";
import { parseCompression } from "../layer/encode/compression.js";
import { type EncoderKind, encoderMark, encoderName, hasMark } from "../layer/encode/encoder-mark.js";
import type { Lock } from "../lock/lock.js";
import { isNothing, needsOf } from "../lock/lock-needs.js";
import type { Plan } from "../plan/plan.js";
import type { Progress } from "../ports/progress.js";
import { shownLock } from "./lock-file.js";
import { lockOf } from "./pin-by-lock.js";
import type { PinOptions } from "./pin-plans.js";

/** The level of gzip that is used unless asked otherwise: what most registries hold. */
export const DEFAULT_COMPRESSION = "gzip:6";

/** The compression of a build that has an encoder; none where layers stay as they are. */
export function encoderKind(compression = DEFAULT_COMPRESSION): EncoderKind[] {
  const { kind } = parseCompression(compression);
  return kind === "none" ? [] : [kind];
}

/** The lock with what this runtime compresses with, for those of the compressions that it says nothing of. */
export async function withEncoders(lock: Lock, kinds: readonly EncoderKind[]): Promise<Lock> {
  const encoders = { ...lock.encoders };
  for (const kind of kinds) encoders[kind] ??= await encoderMark(kind);
  return Object.keys(encoders).length === 0 ? lock : { ...lock, encoders };
}

/** Those who were told already: a build with policies over built images builds twice. */
const told = new WeakSet<Progress>();

/**
 * Says once where the lock was written by a runtime whose compressed bytes are others. Plans that take nothing from a
 * lock are not looked at.
 *
 * @throws {PlanError} LOCK_ENCODER under `locked`
 */
export async function checkEncoder(plans: readonly Plan[], options: PinOptions): Promise<void> {
  if (isNothing(needsOf(plans))) return;
  const { path, lock } = lockOf(options);
  for (const kind of encoderKind(options.compression)) {
    const mark = lock.encoders?.[kind];
    if (mark === undefined || (await hasMark(kind, mark))) continue;
    const params = { path: shownLock(path), kind, locked: mark.by, got: encoderName(kind) };
    const error = new PlanError("LOCK_ENCODER", params, { subject: path });
    if (options.locked === true) throw error;
    const { progress } = options;
    if (progress === undefined || told.has(progress)) continue;
    told.add(progress);
    progress.report({ kind: "warn", message: `${error.shortMessage}: ${error.hint}` });
  }
}
