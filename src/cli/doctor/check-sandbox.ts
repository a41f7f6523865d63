import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import type { SandboxProbe } from "../../adapters/sandbox-runc/probe.js";
import { type Finding, ok, warn } from "./check.js";

/** The checks of run steps in the direct build: whether they can be built, how, and what keeps them apart. */
export async function checkSandbox(store: string): Promise<readonly Finding[]> {
  const { findHostTools, NETWORK_PROGRAMS } = await import("../../adapters/sandbox-runc/host-tools.js");
  const { probeSandbox } = await import("../../adapters/sandbox-runc/probe.js");
  const search = findHostTools();
  const { tools } = search;
  if (tools === undefined) return [unfit(search.missing)];
  let probe: SandboxProbe;
  try {
    probe = await probeSandbox(tools, store);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return [
      warn("run steps", `cannot be tried out in ${store}: ${reason}`, "name a directory that can be written"),
    ];
  }
  const { missing, overlay, filter, privateNetwork } = probe;
  if (missing.length > 0) return [unfit(missing)];
  const how = overlay ? "over an overlay" : "in a copied root (no overlay can be mounted here)";
  const who = tools.root ? "as root" : "as an ordinary user";
  const version = versionOf(tools.runtime);
  const { possibleLimits } = await import("../../adapters/sandbox-runc/process-group.js");
  const limits = possibleLimits().map((limit) => (limit === "processes" ? "processes" : "memory"));
  return [
    ok("run steps", `${version} ${how}, ${who}`),
    checkRuntime(version),
    filter
      ? ok("system calls", "filtered")
      : warn(
          "system calls",
          "not filtered: the kernel or the runtime has no seccomp",
          "use a runtime that was built with libseccomp",
        ),
    limits.length === 2
      ? ok("limits", "processes and memory of commands can be limited")
      : warn(
          "limits",
          `of commands, ${limits.length === 0 ? "neither processes nor memory" : `only ${limits[0]}`} can be limited: no cgroup can be made here`,
          "run as root, or in a session with delegated cgroups",
        ),
    privateNetwork
      ? ok("network", `commands have one of their own, by ${basename(tools.network ?? "")}`)
      : warn(
          "network",
          tools.network === undefined
            ? `commands that ask for none have this machine's: no ${NETWORK_PROGRAMS.join(" or ")} here`
            : `commands that ask for none have this machine's: ${basename(tools.network)} does not work here`,
          "install slirp4netns, or pasta (passt); they need /dev/net/tun",
        ),
  ];
}

/** Faults of runtimes that let a container reach its host, with the versions that first had the fix. */
const ADVISORIES: readonly {
  readonly runtime: "runc" | "crun";
  readonly names: string;
  /** Of each line of versions that got the fix, the first; later lines have it. */
  readonly fixed: readonly (readonly [major: number, minor: number, patch: number])[];
}[] = [
  { runtime: "runc", names: "CVE-2024-21626", fixed: [[1, 1, 12]] },
  {
    runtime: "runc",
    names: "CVE-2024-45310",
    fixed: [
      [1, 1, 14],
      [1, 2, 0],
    ],
  },
  {
    runtime: "runc",
    names: "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881",
    fixed: [
      [1, 2, 8],
      [1, 3, 3],
    ],
  },
  { runtime: "crun", names: "CVE-2022-27650", fixed: [[1, 4, 4]] },
];

/**
 * Looks a runtime's version up among the public advisories. The version says little of a distribution's runtime, which
 * may have the fixes under its old number.
 *
 * @param said the first line that the runtime prints of its version
 */
export function checkRuntime(said: string): Finding {
  const [, runtime, ...numbers] = /(runc|crun) version (\d+)\.(\d+)(?:\.(\d+))?/.exec(said) ?? [];
  if (runtime === undefined) return warn("runtime", `${said}: its version is not known`, "use runc or crun");
  const [major = 0, minor = 0, patch = 0] = numbers.map((number) => Number(number ?? 0));
  const lacks = ADVISORIES.filter((one) => one.runtime === runtime).filter(({ fixed }) => {
    const own = fixed.find(([wanted, line]) => wanted === major && line === minor);
    if (own !== undefined) return patch < own[2];
    return !fixed.some(([wanted, line]) => major > wanted || (major === wanted && minor > line));
  });
  const version = `${runtime} ${major}.${minor}.${patch}`;
  if (lacks.length === 0) return ok("runtime", `${version} has the fixes of all known advisories`);
  const names = lacks.map((one) => one.names).join(", ");
  return warn(
    "runtime",
    `${version} lacks the fixes of ${names}, unless the distribution added them`,
    `update ${runtime}; what layerwright checks before it starts one is in docs/security.md`,
  );
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
