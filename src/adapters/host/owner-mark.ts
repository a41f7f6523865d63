import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names that say which process made a file, so that a later run can tell a leftover from a file in use:
 * `<realm>.<pid>.<start>.<random>`. The realm is the machine, its boot and the process's pid namespace: pids of
 * another container that shares the directory say nothing here.
 */
export function newOwnedName(): string {
  return `${realm()}.${process.pid}.${startOf(process.pid) ?? "0"}.${randomBytes(6).toString("hex")}`;
}

const OWNED_NAME = /^([0-9a-f]{12})\.(\d+)\.(\d+)\.[0-9a-f]{12}$/;

/** Tells names of this kind from all others. */
export function isOwnedName(name: string): boolean {
  return OWNED_NAME.test(name);
}

/** The state of the owner in a name: running, gone, or somewhere else where it cannot be seen from here. */
export function ownerState(name: string): "running" | "gone" | "elsewhere" {
  const match = OWNED_NAME.exec(name);
  if (match === null || match[1] !== realm()) return "elsewhere";
  const pid = Number(match[2]);
  if (!isAlive(pid)) return "gone";
  // The number may have gone to another process since.
  const start = startOf(pid);
  return match[3] === "0" || start === undefined || start === match[3] ? "running" : "gone";
}

let knownRealm: string | undefined;

function realm(): string {
  knownRealm ??= createHash("sha256")
    .update([hostname(), tryRead("/proc/sys/kernel/random/boot_id"), tryLink("/proc/self/ns/pid")].join("\0"))
    .digest("hex")
    .slice(0, 12);
  return knownRealm;
}

/**
 * The start of a process, in clock ticks since boot (`/proc/<pid>/stat` field 22); undefined where there is no /proc.
 */
function startOf(pid: number): string | undefined {
  // The command name in parentheses may hold anything, also parentheses and spaces.
  return /.*\) (?:\S+ ){19}(\d+)/s.exec(tryRead(`/proc/${pid}/stat`))?.[1];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function tryLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
