import { readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import { readPlainFile, writePlainFile } from "../host/plain-file.js";
import type { HostTools } from "./host-tools.js";

/** What this machine lets a sandbox do. */
export interface SandboxProbe {
  /** What stands in the way of running anything; empty when nothing does. */
  readonly missing: readonly string[];
  readonly overlay: boolean;
  /** True when the runtime and the kernel filter system calls. */
  readonly filter: boolean;
  /** True when a command can have a network of its own that reaches out. */
  readonly privateNetwork: boolean;
}

/**
 * What a try in a folder gave since the machine was started, for the same user with the same programs. Only a success
 * is remembered: what was missing may be there by now.
 */
export function recallProbe(tools: HostTools, folder: string): SandboxProbe | undefined {
  try {
    const { key, overlay, filter, privateNetwork } = JSON.parse(
      String(readPlainFile(placeOf(folder), 10_000)),
    ) as Readonly<Record<string, unknown>>;
    if (key !== keyOf(tools)) return undefined;
    if (typeof overlay !== "boolean" || typeof filter !== "boolean" || typeof privateNetwork !== "boolean")
      return undefined;
    return { missing: [], overlay, filter, privateNetwork };
  } catch {
    return undefined;
  }
}

export function rememberProbe(tools: HostTools, folder: string, { missing, ...found }: SandboxProbe): void {
  if (missing.length > 0) return;
  try {
    writePlainFile(placeOf(folder), JSON.stringify({ key: keyOf(tools), ...found }));
  } catch {
    // It is tried out again next time.
  }
}

function placeOf(folder: string): string {
  return join(folder, "roots", "probe.json");
}

function keyOf(tools: HostTools): string {
  const programs = [
    tools.runtime,
    tools.unshare,
    tools.setpriv,
    tools.mount,
    tools.tar,
    tools.shell,
    tools.network ?? [],
  ].flat();
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  const user = `${process.geteuid?.()} ${readlinkSync("/proc/self/ns/user")} ${readlinkSync("/proc/self/ns/mnt")}`;
  return sha256Hex([boot, user, ...programs.map((path) => `${path} ${statSync(path).mtimeMs}`)].join("\n"));
}
