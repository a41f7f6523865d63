import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Base, Image } from "layerwright";
import { findHostTools, type ToolSearch } from "../../src/adapters/sandbox-runc/host-tools.js";
import type { RuncSandboxOptions } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { BASES } from "../fixtures/bases.js";
import { buildIn } from "../fixtures/sandbox-build.js";
import { peerOrSkipReason } from "../peers/peers.js";
import { otherEndIn } from "./attack.js";
import { HOSTILE_BASES } from "./hostile-bases.js";
import { HOSTILE_MOUNTS } from "./hostile-mounts.js";

/** What hostile bases and mounts try. */
export const ATTACKS = [...HOSTILE_BASES, ...HOSTILE_MOUNTS];

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

/** Lets every hostile base and mount try a sandbox; gives those that did not end as they have to. */
export async function attacked(options: RuncSandboxOptions, work: string): Promise<readonly string[]> {
  const sandbox = new RuncSandbox(options);
  const others: string[] = [];
  try {
    for (const attack of ATTACKS) others.push(...[(await otherEndIn(sandbox, work, attack)) ?? []].flat());
  } finally {
    await sandbox.close();
  }
  return others;
}

/** A runtime that the defences are tried with. */
export interface Runtime {
  /** Its name, and where it is from unless that is this machine. */
  readonly title: string;
  readonly name: "runc" | "crun";
  readonly path: string;
}

/** The runtimes of this machine. */
export function runtimesHere(): readonly Runtime[] {
  return (["runc", "crun"] as const).flatMap((name) => {
    const { tools } = withRuntime(name);
    return tools === undefined ? [] : { title: name, name, path: tools.runtime };
  });
}

/** Debian's later suites, whose trees the builders that we compare with come in. */
const SUITES = { docker26: "of Debian 13", docker28: "of Debian unstable" } as const;

/**
 * Lays out the runtimes of Debian's later suites, with the libraries that they are linked to; or says why there are none.
 */
export function laterRuntimes(folder: string): readonly Runtime[] | string {
  if (spawnSync("patchelf", ["--version"]).status !== 0) {
    if (process.env["CI"]) throw new Error("no patchelf here");
    return "no patchelf here";
  }
  const runtimes: Runtime[] = [];
  for (const [peerName, suite] of Object.entries(SUITES)) {
    const peer = peerOrSkipReason(peerName as keyof typeof SUITES);
    if (typeof peer === "string") return peer;
    for (const name of ["runc", "crun"] as const) {
      const inside = ["usr/sbin", "usr/bin"].map((bin) => `${bin}/${name}`);
      const found = inside.find((path) => existsSync(join(peer.root, path)));
      if (found === undefined) continue;
      const place = join(folder, `${name} ${suite}`);
      mkdirSync(place, { recursive: true });
      const path = join(place, name);
      copyFileSync(join(peer.root, found), path);
      const needed = execFileSync("chroot", [peer.root, "ldd", `/${found}`], { encoding: "utf8" });
      const libraries = needed.match(/(?<= )\/\S+|(?<=\t)\/\S+/g) ?? [];
      for (const library of libraries) {
        // A link in the tree is one of the tree.
        const real = execFileSync("chroot", [peer.root, "readlink", "-f", library], { encoding: "utf8" });
        copyFileSync(join(peer.root, real.trim()), join(place, basename(library)));
      }
      const loader = libraries.find((library) => basename(library).startsWith("ld-"));
      const words = ["--set-interpreter", join(place, basename(loader ?? ""))];
      execFileSync("patchelf", [...words, "--force-rpath", "--set-rpath", place, path]);
      chmodSync(path, 0o755);
      runtimes.push({ title: `${name} ${suite}`, name, path });
    }
  }
  return runtimes;
}

/** The programs of this machine with one of the runtimes. */
export function withPath({ name, path }: Runtime): ToolSearch {
  const search = findHostTools();
  return search.tools === undefined
    ? search
    : { tools: { ...search.tools, runtime: path, runtimeName: name } };
}

/** The programs of this machine with its own runtime of a name, if it is here. */
export function withRuntime(name: "runc" | "crun"): ToolSearch {
  const path = ["/usr/sbin", "/usr/bin"].map((folder) => join(folder, name)).find((one) => existsSync(one));
  return path === undefined ? { tools: undefined, missing: [name] } : withPath({ title: name, name, path });
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
