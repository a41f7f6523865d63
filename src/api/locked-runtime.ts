import { PlanError } from "../errors/layerwright-error.js";
import { parseCompression } from "../layer/encode/compression.js";
import { type EncoderKind, encoderMark, encoderName, hasMark } from "../layer/encode/encoder-mark.js";
import type { Lock } from "../lock/lock.js";
import { isNothing, needsOf } from "../lock/lock-needs.js";
import type { Plan } from "../plan/plan.js";
import type { Progress } from "../ports/progress.js";
import { shownLock } from "./lock-file.js";
import { hasBundledList, otherCertificates } from "./locked-certificates.js";
import { lockOf } from "./pin-by-lock.js";
import type { PinOptions } from "./pin-plans.js";

/** The level of gzip that is used unless asked otherwise: what most registries hold. */
export const DEFAULT_COMPRESSION = "gzip:6";

/** Every compression that has an encoder: a lock holds all of them, whichever verb wrote it first. */
export const ENCODER_KINDS: readonly EncoderKind[] = ["gzip", "zstd"];

/** The compression of a build that has an encoder; none where layers stay as they are. */
function encoderKind(compression = DEFAULT_COMPRESSION): EncoderKind[] {
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
const told = new WeakMap<Progress, Set<string>>();

/**
 * Says once where the lock was written by a runtime that images come out of with other digests: by its encoder, or by the
 * certificates that it brings. Plans that take nothing from a lock are not looked at.
 *
 * @throws {PlanError} LOCK_ENCODER, LOCK_CERTIFICATES under `locked`
 */
export async function checkRuntime(plans: readonly Plan[], options: PinOptions): Promise<void> {
  if (isNothing(needsOf(plans)) && !hasBundledList(plans)) return;
  const { path, lock } = lockOf(options);
  const others = [otherCertificates(plans, lock, path), ...(await otherEncoders(lock, path, options))];
  for (const error of others) {
    if (error === undefined) continue;
    if (options.locked === true) throw error;
    const { progress } = options;
    if (progress === undefined) continue;
    const message = `${error.shortMessage}: ${error.hint}`;
    const said = told.get(progress) ?? new Set();
    if (!said.has(message)) progress.report({ kind: "warn", message });
    told.set(progress, said.add(message));
  }
}

async function otherEncoders(lock: Lock, path: string, { compression }: PinOptions): Promise<PlanError[]> {
  const errors: PlanError[] = [];
  for (const kind of encoderKind(compression)) {
    const mark = lock.encoders?.[kind];
    if (mark === undefined || (await hasMark(kind, mark))) continue;
    const params = { path: shownLock(path), kind, locked: mark.by, got: encoderName(kind) };
    errors.push(new PlanError("LOCK_ENCODER", params, { subject: path }));
  }
  return errors;
}
