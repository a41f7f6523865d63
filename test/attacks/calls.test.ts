import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bothWays, listingOf, type Way } from "../faults/on-bases.js";
import { compiledProbe } from "./compiled-probe.js";
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
