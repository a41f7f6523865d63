import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isLayerwrightError } from "../../errors/layerwright-error.js";
import { newOwnedName } from "../host/owner-mark.js";
import { apart } from "./apart.js";
import type { HostTools } from "./host-tools.js";
import { AWAIT_NETWORK } from "./private-network.js";
import { recallProbe, rememberProbe, type SandboxProbe } from "./remembered-probe.js";
import { runProgram } from "./run-program.js";
import { overlayOptions } from "./run-script.js";
import { wrappedRun } from "./wrapped-run.js";

const probes = new Map<string, Promise<SandboxProbe>>();

/** Tries out the programs, namespaces and overlays in a folder, once after the machine was started. */
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
