import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Base, Image } from "layerwright";
import { findHostTools, type ToolSearch } from "../../src/adapters/sandbox-runc/host-tools.js";
import type { RuncSandboxOptions } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { BASES } from "../fixtures/bases.js";
import { buildIn } from "../fixtures/sandbox-build.js";

/** What a command finds out about its sandbox: `yes` where the shell's test holds. */
const CHECKS: Readonly<Record<string, string>> = {
  "a disk of its own can be read": "mknod /tmp/disk b 7 0 && head -c 1 /tmp/disk",
  "a disk of its own can be read in /dev": "mknod /dev/disk b 7 0 && head -c 1 /dev/disk",
  "a disk of its own can be read in shared memory": "mknod /dev/shm/disk b 7 0 && head -c 1 /dev/shm/disk",
  "a device of its own can be read": "mknod /tmp/zero c 1 5 && head -c 1 /tmp/zero",
  "a device of its own can be read in /dev": "mknod /dev/own c 1 5 && head -c 1 /dev/own",
  "a device of its own can be read in a cache": "mknod /cache/zero c 1 5 && head -c 1 /cache/zero",
  "a device of its own can be read in memory": "mknod /memory/zero c 1 5 && head -c 1 /memory/zero",
  "a file system can be mounted": "mount -t tmpfs none /tmp",
  "the host's processes are seen": "[ $(ls -d /proc/[0-9]* | wc -l) -gt 20 ]",
  "the host's file systems are seen": "ls /proc/1/root/../../../old_root",
  "settings of the kernel can be written": "echo 1 > /proc/sys/kernel/dmesg_restrict",
  "groups of processes can be made": "mkdir /sys/fs/cgroup/x /sys/fs/cgroup/pids/x",
  "rights can be gained": "grep -q 'NoNewPrivs:.*0' /proc/self/status",
  "calls are not filtered": "grep -q 'Seccomp:.*0' /proc/self/status",
  "memory is dumped": '[ "$(ulimit -c)" != 0 ]',
  "/dev/null is there": "echo x > /dev/null && [ -c /dev/null ]",
  "/dev/urandom is there": "head -c 1 /dev/urandom",
  "shared memory is there": "echo x > /dev/shm/x",
  "pipes can be made": "mkfifo /tmp/pipe",
};

/** What every way of running commands has to give. */
export const EXPECTED: Readonly<Record<string, "yes" | "no">> = Object.fromEntries(
  Object.keys(CHECKS).map((name) => [name, /is there$|^pipes/.test(name) ? "yes" : "no"]),
);

/** Lets a command try its sandbox, and the probe of system calls if there is one; gives what it found by name. */
export async function tried(
  options: RuncSandboxOptions,
  work: string,
  probe: string | undefined,
): Promise<{ readonly checks: Record<string, string>; readonly calls: readonly string[] }> {
  const sandbox = new RuncSandbox(options);
  try {
    const lines = Object.entries(CHECKS).map(
      ([name, check], at) =>
        `(${check}) >/dev/null 2>&1 && echo "${at}:yes" >> /found || echo "${at}:no" >> /found # ${name}`,
    );
    const base = Image.from(Base.rootfs(join(BASES, "rootfs.tar")));
    const calls = probe === undefined ? [] : [": > /tmp/x; mkdir /calls && /probe /calls"];
    const ready = probe === undefined ? base : base.copy("probe", "/");
    const image = ready.run(
      [
        "rm -rf /cache/*",
        ...lines,
        "rm -rf /tmp/*",
        "mkdir /checks",
        "for f in $(cat /found); do mkdir /checks/$f; done",
        ...calls,
        "rm -f /made-*",
      ].join("\n"),
      {
        network: "none",
        mounts: [
          { type: "cache", target: "/cache", id: "attack" },
          { type: "tmpfs", target: "/memory" },
        ],
      },
    );
    const context = probe ?? work;
    const { listing } = await buildIn(image, { sandbox, context, work });
    const names = Object.keys(CHECKS);
    const below = (folder: string) =>
      [...listing.rootfs.keys()].flatMap((path) =>
        path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : [],
      );
    const found = below("checks").map((name) => name.split(":"));
    return {
      checks: Object.fromEntries(found.map(([at, answer]) => [names[Number(at)], answer ?? ""])),
      calls: below("calls").sort(),
    };
  } finally {
    await sandbox.close();
  }
}

/** The programs of this machine with one of the runtimes, if it is here. */
export function withRuntime(name: "runc" | "crun"): ToolSearch {
  const { tools, ...rest } = findHostTools();
  if (tools === undefined) return { missing: [], ...rest, tools };
  const runtime = ["/usr/sbin", "/usr/bin"]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (runtime === undefined) return { tools: undefined, missing: [name] };
  return { tools: { ...tools, runtime, runtimeName: name } };
}

/** A user of this machine that is not root and has subordinate ids. */
export function ordinaryUser():
  | { readonly name: string; readonly uid: number; readonly gid: number }
  | undefined {
  const fields = (file: string) =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .map((line) => line.split(":"))
      : [];
  const owners = fields("/etc/subuid").map(([name]) => name);
  const user = fields("/etc/passwd").find(([name, , uid]) => Number(uid) >= 1000 && owners.includes(name));
  return user && { name: user[0]!, uid: Number(user[2]), gid: Number(user[3]) };
}
