import { mkdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import { isLayerwrightError } from "../../errors/layerwright-error.js";
import { newOwnedName } from "../host/owner-mark.js";
import { readPlainFile, writePlainFile } from "../host/plain-file.js";
import { overlayOptions } from "./bundle.js";
import { type HostTools, runProgram } from "./host-tools.js";
import { AWAIT_NETWORK } from "./private-network.js";
import { apart, wrappedRun } from "./wrapped-run.js";

const probes = new Map<string, Promise<SandboxProbe>>();

/** Tries out the programs, namespaces and overlays in a directory, once after the machine was started. */
export function probeSandbox(tools: HostTools, folder: string): Promise<SandboxProbe> {
  const place = `${tools.runtime}\n${folder}`;
  const known = probes.get(place);
  if (known !== undefined) return known;
  const remembered = recallProbe(tools, folder);
  const probe = remembered === undefined ? tryAndRemember(tools, folder) : Promise.resolve(remembered);
  probes.set(place, probe);
  return probe;
}

async function tryAndRemember(tools: HostTools, folder: string): Promise<SandboxProbe> {
  const probe = await tryOut(tools, folder);
  rememberProbe(tools, folder, probe);
  return probe;
}

async function tryOut(tools: HostTools, folder: string): Promise<SandboxProbe> {
  if (!(await isGnuTar(tools.tar))) return { missing: ["GNU tar"], ...NOTHING };
  const place = join(folder, "roots", `probe-${newOwnedName()}`);
  for (const name of ["a", "b", "upper", "work", "at"]) mkdirSync(join(place, name), { recursive: true });
  try {
    const namespaces = await runProgram([...apart(tools), tools.shell, "-c", ":"]);
    if (namespaces.code !== 0) {
      const why = namespaces.said.split("\n").at(-1) ?? "";
      const missing = [
        tools.root
          ? `the right to make namespaces (${why})`
          : `user namespaces with subordinate ids, or root (${why})`,
      ];
      return { missing, ...NOTHING };
    }
    const options = ["lowerdir=a:b", "upperdir=upper", "workdir=work", ...overlayOptions(tools.root)].join(
      ",",
    );
    const mount = `cd '${place.replaceAll("'", "'\\''")}' && '${tools.mount}' -t overlay overlay -o ${options} at`;
    const overlay = await runProgram([...apart(tools), tools.shell, "-c", mount]);
    const [filter, privateNetwork] = [await filtersCalls(tools), await hasNetwork(tools)];
    return { missing: [], overlay: overlay.code === 0, filter, privateNetwork };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const NOTHING = { overlay: false, filter: false, privateNetwork: false } as const;

/** Tries whether a network of its own comes up. */
async function hasNetwork(tools: HostTools): Promise<boolean> {
  if (tools.network === undefined) return false;
  try {
    const run = { script: AWAIT_NETWORK, secrets: [], network: true, onOutput: () => {} };
    return (await wrappedRun(tools, run)).code === 0;
  } catch (error) {
    if (isLayerwrightError(error)) return false;
    throw error;
  }
}

/** True when the kernel has seccomp and the runtime was built with it, as both say themselves. */
async function filtersCalls({ runtime }: HostTools): Promise<boolean> {
  if (!/^Seccomp:/m.test(readFileSync("/proc/self/status", "utf8"))) return false;
  return /seccomp/i.test(await outputOf([runtime, "--version"]));
}

async function outputOf(command: readonly string[]): Promise<string> {
  let said = "";
  const sink = (chunk: Uint8Array) => {
    said += Buffer.from(chunk).toString("utf8");
  };
  await runProgram(command, { sink }).catch(() => undefined);
  return said;
}

/** Other tars lose extended attributes, and with them file capabilities. */
async function isGnuTar(tar: string): Promise<boolean> {
  return (await outputOf([tar, "--version"])).includes("GNU tar");
}

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
 * What a try in a directory gave since the machine was started, for the same user with the same programs. Only a success
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
