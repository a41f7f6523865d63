import { execFileSync } from "node:child_process";
import type { SandboxProbe } from "../../adapters/sandbox-runc/remembered-probe.js";
import { type Finding, ok, warn } from "./check.js";

/** Whether run steps can be built directly, and how. */
export async function checkSandbox(store: string): Promise<Finding> {
  const { findHostTools } = await import("../../adapters/sandbox-runc/host-tools.js");
  const { probeSandbox } = await import("../../adapters/sandbox-runc/probe.js");
  const search = findHostTools();
  const { tools } = search;
  if (tools === undefined) return unfit(search.missing);
  let probe: SandboxProbe;
  try {
    probe = await probeSandbox(tools, store);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return warn(
      "run steps",
      `cannot be tried out in ${store}: ${reason}`,
      "name a folder that can be written",
    );
  }
  const { missing, overlay } = probe;
  if (missing.length > 0) return unfit(missing);
  const how = overlay ? "over an overlay" : "in a copied root (no overlay can be mounted here)";
  const who = tools.root ? "as root" : "as an ordinary user";
  return ok("run steps", `${versionOf(tools.runtime)} ${how}, ${who}`);
}

function unfit(missing: readonly string[]): Finding {
  return warn(
    "run steps",
    `cannot be built directly: no ${missing.join(", no ")}`,
    "install runc or crun, util-linux and GNU tar; or build Dockerfiles, which need none of them here",
  );
}

function versionOf(runtime: string): string {
  try {
    return execFileSync(runtime, ["--version"], { encoding: "utf8" }).split("\n")[0]!.trim();
  } catch {
    return runtime;
  }
}
