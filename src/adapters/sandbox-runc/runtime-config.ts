import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostTools } from "./host-tools.js";
import { RESOLVER } from "./private-network.js";
import { systemCallFilter } from "./system-calls.js";

/** What a runtime config is made from. */
export interface RuntimeConfigInput {
  readonly rootfs: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly systemFiles: { readonly resolvConf: string; readonly hosts: string };
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  readonly network: NetworkKind;
  /** Folder with the generated `resolv.conf` and `hosts`. */
  readonly files: string;
  /** Folder with the devices of a command of root. */
  readonly devices: string;
  readonly mounts: readonly RuntimeMount[];
  /** True when the runtime and the kernel filter system calls. */
  readonly filter: boolean;
}

/** A mount of the OCI runtime specification. */
export interface RuntimeMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** The capabilities that Docker gives a container. */
const CAPABILITIES = [
  "CAP_AUDIT_WRITE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

const MASKED = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];

const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/**
 * The config of one command (OCI runtime-spec config.md). It sets no cgroup resources and no cgroup namespace, which a
 * machine inside a container refuses, so nothing here stands on rules for devices: on every mount a device does
 * nothing, but on those of the few that are the same in every container.
 */
export function runtimeConfig(input: RuntimeConfigInput, tools: HostTools): object {
  const { uid, gid, groups } = input.user;
  const kept = uid === 0 ? CAPABILITIES : [];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid, gid, ...(groups.length === 0 ? {} : { additionalGids: groups }) },
      args: input.args,
      env: input.env,
      cwd: input.cwd,
      capabilities: { bounding: CAPABILITIES, effective: kept, permitted: kept },
      noNewPrivileges: true,
      // A dump of memory holds the secrets that the command was given.
      rlimits: [{ type: "RLIMIT_CORE", hard: 0, soft: 0 }],
    },
    root: { path: input.rootfs, readonly: false },
    hostname: HOSTNAME,
    mounts: [...systemMounts(input, tools), ...input.mounts],
    ...rootHook(input, tools),
    linux: {
      namespaces: [
        { type: "mount" },
        { type: "pid" },
        { type: "ipc" },
        { type: "uts" },
        ...(input.network === "none" ? [{ type: "network" }] : []),
      ],
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
      ...(input.filter && { seccomp: systemCallFilter() }),
    },
  };
}

/**
 * Has crun mount the root again as it is before a command is started: it forgets, and runc keeps, that a device in it
 * does nothing. A runtime starts nothing where a hook fails, or where one does not read what it is told.
 */
function rootHook({ rootfs }: RuntimeConfigInput, { root, runtimeName, mount, shell }: HostTools): object {
  if (!root || runtimeName !== "crun") return {};
  const script = 'while read -r line; do :; done; exec "$0" -o remount,bind,nodev "$1"';
  return {
    hooks: { createContainer: [{ path: shell, args: ["sh", "-c", script, mount, rootfs] }] },
  };
}

/** Devices that are the same in every container, with their numbers (kernel: devices.txt). */
export const DEVICES: readonly (readonly [name: string, major: number, minor: number])[] = [
  ["null", 1, 3],
  ["zero", 1, 5],
  ["full", 1, 7],
  ["random", 1, 8],
  ["urandom", 1, 9],
  ["tty", 5, 0],
];

/** The name of every sandbox: a name of its own each time would end up in what a command makes. */
export const HOSTNAME = "layerwright";

function systemMounts(
  { files, devices, network, systemFiles }: RuntimeConfigInput,
  tools: HostTools,
): RuntimeMount[] {
  const mount = (destination: string, type: string, options: readonly string[], source = type) => ({
    destination,
    type,
    source,
    options,
  });
  const fromFile = (name: string, target: string) =>
    mount(target, "bind", ["rbind", "ro", "nosuid", "nodev", "noexec"], `${files}/${name}`);
  // A user namespace without its own network may not mount another sysfs.
  const sys =
    tools.root || network !== "host"
      ? mount("/sys", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
      : mount("/sys", "bind", ["rbind", "nosuid", "noexec", "nodev", "ro"], "/sys");
  // The group of terminals, 5, is mapped by hand only.
  const terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
  // An ordinary user can make no device, and the runtime binds those of the host.
  const nodes = tools.root ? DEVICES.map(([name]) => name) : [];
  return [
    mount("/proc", "proc", ["nosuid", "noexec", "nodev"]),
    mount("/dev", "tmpfs", [
      "nosuid",
      ...(tools.root ? ["nodev"] : []),
      "strictatime",
      "mode=755",
      "size=65536k",
    ]),
    ...nodes.map((name) => mount(`/dev/${name}`, "bind", ["bind", "nosuid", "noexec"], `${devices}/${name}`)),
    mount("/dev/pts", "devpts", tools.root ? [...terminals, "gid=5"] : terminals),
    mount("/dev/shm", "tmpfs", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"], "shm"),
    mount("/dev/mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
    sys,
    fromFile("resolv.conf", systemFiles.resolvConf),
    fromFile("hosts", systemFiles.hosts),
  ];
}

/** A command's network: none, the machine's, or one of its own. */
export type NetworkKind = "none" | "host" | "private";

/** Writes the files that tell a command where names come from; they are bound in, and never part of a layer. */
export function writeNetworkFiles(folder: string, network: NetworkKind): void {
  let servers = "";
  try {
    if (network !== "none") servers = readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    // A machine without it has no names to look up either.
  }
  if (network === "private") servers = withResolver(servers);
  const hosts = `127.0.0.1\tlocalhost ${HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const texts = { "resolv.conf": servers, hosts };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), text);
    // Whatever the umask is: a command may be any user.
    chmodSync(join(folder, name), 0o644);
  }
}

/** The machine's search list and options, with the one resolver that a private network reaches. */
function withResolver(text: string): string {
  const kept = text.split("\n").filter((line) => /^\s*(?:search|domain|options)\s/.test(line));
  return [`nameserver ${RESOLVER}`, ...kept, ""].join("\n");
}

/** Where a runtime finds and keeps things in a bundle. */
export interface RuntimePlaces {
  readonly folder: string;
  readonly state: string;
  readonly log: string;
  readonly name: string;
}

/** The command that runs a bundle. */
export function runCommand(tools: HostTools, { folder, state, log, name }: RuntimePlaces): readonly string[] {
  const options = ["--root", state, "--log", log, "--log-format", "json"];
  return [tools.runtime, ...options, ...withoutCgroups(tools), "run", "--bundle", folder, name];
}

/** The command that removes what a runtime that was killed leaves behind: groups of processes, by name. */
export function deleteCommand(tools: HostTools, state: string, name: string): readonly string[] {
  return [tools.runtime, "--root", state, ...withoutCgroups(tools), "delete", "--force", name];
}

/** No limits are set, so that a machine where groups of processes cannot be made has all that is needed. */
function withoutCgroups({ runtimeName }: HostTools): readonly string[] {
  return runtimeName === "crun" ? ["--cgroup-manager", "disabled"] : ["--rootless", "true"];
}
