import { createHash } from "node:crypto";
import { PlanError } from "../errors/layerwright-error.js";
import type { Lock, LockedCertificates } from "../lock/lock.js";
import { operationsOf } from "../plan/assert-plan.js";
import type { WriteOperation } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";
import { bundledFile, CERTIFICATES_PATH } from "../recipes/bundled-certificates.js";
import { shownLock } from "./lock-file.js";

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
