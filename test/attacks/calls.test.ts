import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "../../src/adapters/sandbox-runc/runtime-config.js";
import { systemCallFilter } from "../../src/adapters/sandbox-runc/system-calls.js";
import { bothWays, listingOf, type Way } from "../faults/on-bases.js";
import { findBusybox } from "../fixtures/busybox.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { compiledProbe } from "./compiled-probe.js";
import { withRuntime } from "./defences.js";
import { expectReported } from "./reported.js";

/** Calls that end otherwise than under BuildKit, and why. */
const OTHERWISE: Readonly<Record<string, string>> = {
  // There the filter compares 64 bits where the kernel looks at 32.
  "socket-vsock-and-high-bits": "denied",
};

/** Calls that lead out of a container, which no way of building may allow. */
const DENIED =
  `keyctl-user-keyring add_key request_key unshare-user unshare-mount unshare-network clone-user clone-pid
  setns mount umount2 pivot_root open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr bpf perf_event_open
  userfaultfd io_uring_setup io_uring_enter io_uring_register init_module finit_module delete_module kexec_load reboot
  acct swapon swapoff quotactl syslog sethostname setdomainname settimeofday clock_settime open_by_handle_at
  fanotify_init socket-vsock personality-no-randomize`.split(/\s+/);

/** Calls that programs of images make. */
const ALLOWED =
  `clone-process chroot socket-inet socket-unix socket-netlink socket-packet personality-linux mknodat-null
  mknodat-pipe ptrace-me memfd_create seccomp statx close_range getrandom renameat2 copy_file_range`.split(
    /\s+/,
  );

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-calls-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The outcome of each call, by its name. */
function outcomes(way: Way): ReadonlyMap<string, string> {
  const names = [...listingOf(way).rootfs.keys()].flatMap((path) => /^calls\/(.*)$/.exec(path)?.[1] ?? []);
  return new Map(names.map((name) => name.split(":") as [string, string]));
}

test("S3: system calls end as under BuildKit", { timeout: 300_000 }, async (context) => {
  const folder = compiledProbe(work);
  if (folder === undefined) return context.skip("no compiler here");
  const probe = readFileSync(join(folder, "probe"));
  const [built] = await bothWays(
    context,
    (base) =>
      base.copy("probe", "/").run("mkdir /calls && /probe /calls; rm -f /made-*", { network: "none" }),
    { kinds: ["busybox"], places: ["disk"], context: { probe: { contents: probe, mode: 0o755 } } },
  );
  const [ours, theirs] = [outcomes(built!.direct), outcomes(built!.dockerfile)];
  expect([...ours.keys()]).toEqual([...theirs.keys()]);
  expect(ours.size).toBeGreaterThan(80);
  const expected = Array.from(theirs, ([name, outcome]) => [name, OTHERWISE[name] ?? outcome]);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(expected));
  for (const name of DENIED) expect(`${name} ${ours.get(name)}`).toBe(`${name} denied`);
  for (const name of ALLOWED) expect(`${name} ${ours.get(name)}`).toBe(`${name} allowed`);
  expectReported(
    "Calls",
    [...ours.keys()].sort().map((name) => [name, ours.get(name)!, theirs.get(name)!]),
  );
});

/** Calls that are newer than the library that knows the names here. */
const NEWER = "getxattrat listmount listxattrat mseal removexattrat setxattrat statmount uretprobe".split(
  " ",
);

/** Calls that a machine of arm64 has and programs cannot do without. */
const NEEDED =
  `brk clone close connect dup3 epoll_pwait execve exit_group faccessat fchmodat fchownat fcntl fstat futex getdents64
  getrandom ioctl linkat lseek mkdirat mknodat mmap mprotect munmap newfstatat openat pipe2 ppoll prlimit64 pselect6 read
  readlinkat renameat2 rseq rt_sigaction rt_sigprocmask rt_sigreturn set_robust_list set_tid_address socketpair statx
  symlinkat unlinkat utimensat wait4 write`.split(/\s+/);

test("S3: on arm64 every name of the filter is a call, and none is missing that programs need", (context) => {
  if (spawnSync("scmp_sys_resolver", ["-h"]).error !== undefined) {
    if (process.env["CI"]) throw new Error("no scmp_sys_resolver: install seccomp");
    return context.skip("no scmp_sys_resolver here");
  }
  const filter = systemCallFilter("arm64");
  expect(filter.architectures).toEqual(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
  const names = [...new Set(filter.syscalls.flatMap((rule) => rule.names))];
  // A number for each processor: -1 is no call of any, and another one below zero is a call of others.
  const processors = ["aarch64", "arm", "x86_64", "s390x", "riscv64"];
  const numbers = processors.map((one) => `$(scmp_sys_resolver -a ${one} $name)`).join(" ");
  const script = `for name; do echo $name ${numbers}; done`;
  const printed = execFileSync("sh", ["-c", script, "sh", ...names], { encoding: "utf8" });
  const known = new Map(
    printed.split("\n").map((line) => {
      const [name = "", ...found] = line.split(" ");
      return [name, found.map(Number)];
    }),
  );
  const unknown = names.filter((name) => known.get(name)!.every((number) => number === -1));
  expect(unknown.filter((name) => !NEWER.includes(name))).toEqual([]);
  expect(NEEDED.filter((name) => !((known.get(name)?.[0] ?? -1) >= 0))).toEqual([]);
});

test.skipIf(missing !== undefined).each(["runc", "crun"] as const)(
  "S3: %s takes the filter of arm64",
  (name) => {
    const { tools } = withRuntime(name);
    const busybox = findBusybox();
    if (tools?.root !== true || busybox === undefined) return;
    const folder = join(work, name);
    mkdirSync(join(folder, "rootfs/bin"), { recursive: true });
    writeFileSync(join(folder, "rootfs/bin/busybox"), busybox, { mode: 0o755 });
    const config = {
      ociVersion: "1.0.2",
      process: {
        args: ["/bin/busybox", "grep", "Seccomp:", "/proc/self/status"],
        cwd: "/",
        user: { uid: 0, gid: 0 },
      },
      root: { path: "rootfs" },
      mounts: [
        { destination: "/proc", type: "proc", source: "proc" },
        { destination: "/dev", type: "tmpfs", source: "tmpfs" },
      ],
      // The runtime adds the processor of this machine itself, so that its own programs run.
      linux: { namespaces: [{ type: "mount" }, { type: "pid" }], seccomp: systemCallFilter("arm64") },
    };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    const places = {
      folder,
      state: join(folder, "state"),
      log: join(folder, "log"),
      name: `arm64-${process.pid}`,
    };
    // Without cgroups crun does not care how this machine has them, as in the script of a command.
    const hidden = 'mount -t tmpfs tmpfs /sys/fs/cgroup && exec "$0" "$@"';
    const before = name === "crun" ? ["unshare", "--mount", "sh", "-c", hidden] : [];
    const [program = "", ...args] = [...before, ...runCommand(tools, places)];
    const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8" });
    expect({ stderr, status, filter: stdout.trim() }).toEqual({
      stderr: "",
      status: 0,
      filter: "Seccomp:\t2",
    });
  },
);
