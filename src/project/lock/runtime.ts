import { createHash } from "node:crypto";
import {
  type EncoderKind,
  encoderMark,
  encoderName,
  hasMark,
  parseCompression,
} from "../../archive/compression.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { Lock, LockedCertificates } from "../../lock/lock.js";
import { isNothing, needsOf } from "../../lock/lock-needs.js";
import type { WriteOperation } from "../../plan/operation.js";
import { operationsOf, type Plan } from "../../plan/plan.js";
import type { Progress } from "../../ports/progress.js";
import { bundledFile, CERTIFICATES_PATH } from "../../recipes/ca-certificates.js";
import type { PinOptions } from "../options.js";
import { lockOf, shownLock } from "./lock-file.js";

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

/** The lock with the list of this Node, where an image has it and the lock has none. */
export function withCertificates(lock: Lock, plans: readonly Plan[]): Lock {
  if (lock.certificates !== undefined || !hasBundledList(plans)) return lock;
  return { ...lock, certificates: ownList() };
}

/** True when an image has the list that this Node brings. */
export function hasBundledList(plans: readonly Plan[]): boolean {
  return bundledWrite(plans) !== undefined;
}

/** The error of a lock that has another list than this Node brings, where an image has the latter. */
export function otherCertificates(plans: readonly Plan[], lock: Lock, path: string): PlanError | undefined {
  if (lock.certificates === undefined) return undefined;
  const write = bundledWrite(plans);
  if (write === undefined) return undefined;
  const own = ownList();
  if (own.sha256 === lock.certificates.sha256) return undefined;
  const params = { path: shownLock(path), locked: listText(lock.certificates), got: listText(own) };
  return new PlanError("LOCK_CERTIFICATES", params, { subject: path, origin: write.origin });
}

function bundledWrite(plans: readonly Plan[]): WriteOperation | undefined {
  const writes = plans
    .flatMap(({ stages }) => stages.flatMap((stage) => [...operationsOf(stage)]))
    .filter(isList);
  // Asked for only where there is something to compare it with.
  return writes.find(({ contents }) => contents.text === bundledFile().text);
}

function isList(operation: { readonly op: string; readonly path?: string }): operation is WriteOperation {
  return operation.op === "write" && operation.path === CERTIFICATES_PATH;
}

function ownList(): LockedCertificates {
  const { text, count } = bundledFile();
  return { count, sha256: createHash("sha256").update(text).digest("hex") };
}

function listText({ count, sha256 }: LockedCertificates): string {
  return `${count} certificates (sha256 ${sha256.slice(0, 12)})`;
}
