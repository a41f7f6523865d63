import type { Image } from "layerwright";
import type { TarInput } from "../fixtures/tar-bytes.js";
import { type Attack, HOST } from "./attack.js";

const link = (path: string, linkname: string): TarInput => ({ path, type: "symlink", linkname });
const file = (path: string, text = "", mode = 0o644): TarInput => ({
  path,
  type: "file",
  mode,
  data: Buffer.from(text),
});
const dir = (path: string): TarInput => ({ path, type: "dir" });
/** Takes away what the base has at a path. */
const gone = (path: string): TarInput => file(path.replace(/([^/]+)$/, ".wh.$1"));
const up = `../../../../../../..${HOST}`;
const none = { network: "none" } as const;
const run =
  (command: string, more: object = {}) =>
  (base: Image): Image =>
    base.run(command, { ...none, ...more });
const passwd = (line: string): TarInput[] => [file("etc/passwd", `root:x:0:0:root:/root:/bin/sh\n${line}\n`)];
const asUser = (user: string, command = "id > /tmp/id") => run(command, { user });
const device = (type: "character-device" | "block-device", major: number, minor: number): TarInput => ({
  path: "device",
  type,
  mode: 0o666,
  device: [major, minor],
});
const refused = "SANDBOX_TARGET";

/** Bases that would use a sandbox against the machine that it runs on. */
export const HOSTILE_BASES: readonly Attack[] = [
  // Where the kernel's file systems are mounted.
  {
    name: "S1: /dev is an absolute link to a directory of the host",
    layer: [link("dev", HOST)],
    ends: refused,
  },
  { name: "/dev is a link upwards to a directory of the host", layer: [link("dev", up)], ends: refused },
  { name: "/dev is a link to /", layer: [link("dev", "/")], ends: refused },
  { name: "/dev is a link to a directory of the base", layer: [link("dev", "opt")], ends: refused },
  { name: "/dev is a link to itself", layer: [link("dev", "dev")], ends: refused },
  { name: "/dev is a link to /proc/self/cwd", layer: [link("dev", "/proc/self/cwd")], ends: refused },
  { name: "/dev is a file", layer: [file("dev")], ends: refused },
  { name: "/dev is a pipe", layer: [{ path: "dev", type: "fifo" }], ends: refused },
  { name: "/proc is an absolute link to the host", layer: [link("proc", HOST)], ends: refused },
  { name: "/proc is a link to .", layer: [link("proc", ".")], ends: refused },
  { name: "/proc is a link to a directory of the base", layer: [link("proc", "opt")], ends: refused },
  { name: "/proc is a file", layer: [file("proc")], ends: refused },
  { name: "/sys is an absolute link to the host", layer: [link("sys", HOST)], ends: refused },
  { name: "/sys is a link to /proc", layer: [link("sys", "proc")], ends: refused },
  { name: "/sys is a file", layer: [file("sys")], ends: refused },
  {
    name: "/dev/pts and /dev/shm are links to the host",
    layer: [dir("dev"), link("dev/pts", `${HOST}/pts`), link("dev/shm", HOST)],
    ends: "built",
  },
  {
    name: "/dev/ptmx and /dev/console are links to the host",
    layer: [dir("dev"), link("dev/ptmx", `${HOST}/ptmx`), link("dev/console", `${HOST}/console`)],
    ends: "built",
  },
  {
    name: "/dev/null is a file",
    layer: [dir("dev"), file("dev/null", "text\n", 0o666)],
    image: run("[ -c /dev/null ]"),
    ends: "built",
  },
  {
    name: "/dev/null is a link to a file of the host",
    layer: [dir("dev"), link("dev/null", `${HOST}/null`)],
    image: run("echo x > /dev/null"),
    ends: "built",
  },
  { name: "/proc/self is a link to the host", layer: [dir("proc"), link("proc/self", HOST)], ends: "built" },
  // The files that a sandbox binds in.
  {
    name: "/etc is an absolute link to the host",
    layer: [link("etc", HOST)],
    image: run(`[ -f ${HOST}/hosts ]`),
    ends: "built",
  },
  { name: "/etc is a link upwards to the host", layer: [link("etc", up)], ends: "built" },
  {
    name: "/etc is a link to a directory of the base",
    layer: [link("etc", "usr/lib")],
    image: run("[ -f /usr/lib/resolv.conf ]"),
    ends: "built",
  },
  { name: "/etc is a link to itself", layer: [link("etc", "etc")], ends: "LINK_LOOP" },
  {
    name: "/etc is a link to /proc/self/root/etc",
    layer: [link("etc", "/proc/self/root/etc")],
    ends: refused,
  },
  { name: "/etc is a file", layer: [file("etc")], ends: refused },
  {
    name: "/etc/resolv.conf is a link to a file of the host",
    layer: [link("etc/resolv.conf", `${HOST}/resolv.conf`)],
    ends: "built",
  },
  {
    name: "/etc/resolv.conf is a link to ../run/resolve/stub.conf",
    layer: [link("etc/resolv.conf", "../run/resolve/stub.conf")],
    ends: "built",
  },
  {
    name: "S7: /etc/resolv.conf is a directory",
    layer: [gone("etc/resolv.conf"), dir("etc/resolv.conf")],
    ends: refused,
  },
  {
    name: "/etc/resolv.conf is a link to /dev/null",
    layer: [link("etc/resolv.conf", "/dev/null")],
    ends: refused,
  },
  {
    name: "/etc/resolv.conf is a link to /proc/self/fd/1",
    layer: [link("etc/resolv.conf", "/proc/self/fd/1")],
    ends: refused,
  },
  { name: "/etc/resolv.conf is a pipe", layer: [{ path: "etc/resolv.conf", type: "fifo" }], ends: "built" },
  {
    name: "/etc/hosts is a link upwards to a file of the host",
    layer: [link("etc/hosts", `${up}/hosts`)],
    ends: "built",
  },
  { name: "/etc/hosts is a link to itself", layer: [link("etc/hosts", "hosts")], ends: refused },
  { name: "/etc/hosts is a directory", layer: [gone("etc/hosts"), dir("etc/hosts")], ends: refused },
  // The working directory.
  {
    name: "S6: the working directory is a descriptor",
    config: { WorkingDir: "/proc/self/fd/7" },
    ends: refused,
  },
  {
    name: "the working directory is a root of a process",
    config: { WorkingDir: "/proc/1/root" },
    ends: refused,
  },
  {
    name: "the working directory is a link to a descriptor",
    config: { WorkingDir: "/w" },
    layer: [link("w", "/proc/self/fd/8")],
    ends: refused,
  },
  {
    name: "the working directory is above a link to a descriptor",
    config: { WorkingDir: "/w/../../.." },
    layer: [link("w", "/proc/self/fd/8")],
    ends: refused,
  },
  {
    name: "the working directory is a link to the host",
    config: { WorkingDir: "/w" },
    layer: [link("w", HOST)],
    image: run(": > here"),
    ends: "built",
  },
  {
    name: "the working directory is a file",
    config: { WorkingDir: "/w" },
    layer: [file("w")],
    ends: "DEST_NOT_FOLDER",
  },
  {
    name: "the working directory is a pipe",
    config: { WorkingDir: "/w" },
    layer: [{ path: "w", type: "fifo" }],
    ends: "DEST_NOT_FOLDER",
  },
  // Accounts and variables.
  {
    name: "S7: a user has the id -1",
    layer: passwd("evil:x:-1:0::/:/bin/sh"),
    image: asUser("evil"),
    ends: "ACCOUNT_INVALID",
  },
  {
    name: "S7: a user has the id 4294967296",
    layer: passwd("evil:x:4294967296:0::/:/bin/sh"),
    image: asUser("evil"),
    ends: "ACCOUNT_INVALID",
  },
  {
    name: "a user has the id 4294967295",
    layer: passwd("evil:x:4294967295:0::/:/bin/sh"),
    image: asUser("evil"),
    ends: "ACCOUNT_INVALID",
  },
  {
    name: "a user has an id that is no number",
    layer: passwd("evil:x:0x0:0::/:/bin/sh"),
    image: asUser("evil"),
    ends: "ACCOUNT_INVALID",
  },
  {
    name: "a user has a group of the id 4294967296",
    layer: passwd("evil:x:5:4294967296::/:/bin/sh"),
    image: asUser("evil"),
    ends: "ACCOUNT_INVALID",
  },
  {
    name: "a user is in a group of the id -1",
    layer: [...passwd("evil:x:5:5::/:/bin/sh"), file("etc/group", "bad:x:-1:evil\n")],
    image: asUser("evil", ":"),
    ends: "ACCOUNT_INVALID",
  },
  {
    name: "/etc/passwd is a link to the host's",
    layer: [gone("etc/passwd"), link("etc/passwd", "/../../../../proc/1/root/etc/passwd")],
    image: asUser("daemon", ":"),
    ends: "OWNER_UNKNOWN",
  },
  {
    name: "a variable of the config holds a NUL",
    config: { Env: ["PATH=/bin", "A=x\u0000B=y"] },
    ends: "RUN_ENV_INVALID",
  },
  {
    name: "a variable of the config has no name",
    config: { Env: ["PATH=/bin", "=x"] },
    ends: "RUN_ENV_INVALID",
  },
  // Programs and devices.
  {
    name: "/bin/sh is a link to /proc/self/exe",
    layer: [link("bin/sh", "/proc/self/exe")],
    ends: "NO_SHELL",
  },
  {
    name: "/bin/sh is a script of /proc/self/exe",
    layer: [gone("bin/sh"), file("bin/sh", "#!/proc/self/exe\n", 0o755)],
    ends: "failed",
  },
  { name: "/bin/sh is a pipe", layer: [{ path: "bin/sh", type: "fifo", mode: 0o755 }], ends: "failed" },
  {
    name: "a block device of the base is read",
    layer: [device("block-device", 7, 0)],
    image: run("dd if=/device of=/made bs=1 count=1"),
    ends: "failed",
    endsForUser: "SANDBOX_FAILED",
  },
  {
    name: "the memory of the machine is a device of the base",
    layer: [device("character-device", 1, 1)],
    image: run("dd if=/device of=/made bs=1 count=1"),
    ends: "failed",
    endsForUser: "SANDBOX_FAILED",
  },
  {
    name: "the kernel's log is a device of the base",
    layer: [device("character-device", 1, 11)],
    image: run("echo hello > /device"),
    ends: "failed",
    endsForUser: "SANDBOX_FAILED",
  },
  {
    name: "a library is preloaded from the host",
    layer: [link("etc/ld.so.preload", `${HOST}/hosts`)],
    ends: "built",
  },
];
