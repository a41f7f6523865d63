import type { Image, Nodes } from "layerwright";
import type { TarInput } from "../fixtures/tar-bytes.js";
import { type Attack, HOST } from "./attack.js";

const link = (path: string, linkname: string): TarInput => ({ path, type: "symlink", linkname });
const file = (path: string): TarInput => ({ path, type: "file", data: Buffer.from("") });
const dir = (path: string): TarInput => ({ path, type: "dir" });
const up = `../../../../../../..${HOST}`;
const none = { network: "none" } as const;
const refused = "SANDBOX_TARGET";

type Mounts = NonNullable<NonNullable<Parameters<Image["run"]>[1]>["mounts"]>;

const mounted =
  (mounts: Mounts, command = ": > /made", more: object = {}) =>
  (base: Image): Image =>
    base.run(command, { ...none, ...more, mounts });
const tmpfs = (target: string) => ({ type: "tmpfs", target }) as const;
const cache = (target: string, id = `attack${target}`) => ({ type: "cache", target, id }) as const;
const bind = (source: Nodes.SourceInput, target: string, writable = false) =>
  ({ type: "bind", source, target, ...(writable && { writable }) }) as const;
const agent = { type: "ssh" } as const;

/** Mounts whose places a base, a context or an earlier command would lead out of the image. */
export const HOSTILE_MOUNTS: readonly Attack[] = [
  {
    name: "a cache through an absolute link to the host",
    layer: [link("c", HOST)],
    image: mounted([cache("/c/in")], ": > /c/in/file"),
    ends: "built",
  },
  {
    name: "a cache on an absolute link to the host",
    layer: [link("c", HOST)],
    image: mounted([cache("/c")], ": > /c/file"),
    ends: "built",
  },
  {
    name: "a tmpfs through a link upwards to the host",
    layer: [link("t", up)],
    image: mounted([tmpfs("/t/pts")], ": > /t/pts/file"),
    ends: "built",
  },
  {
    name: "a tmpfs on a link to a file of the host",
    layer: [link("t", `${HOST}/hosts`)],
    image: mounted([tmpfs("/t")]),
    ends: "built",
  },
  {
    name: "a bind through a link to the host",
    layer: [link("b", HOST)],
    image: mounted([bind(".", "/b/context")]),
    context: { file: "x" },
    ends: "built",
  },
  {
    name: "a writable bind through a link to the host",
    layer: [link("b", HOST)],
    image: mounted([bind(".", "/b", true)], ": > /b/made"),
    context: { file: "x" },
    ends: "built",
  },
  {
    name: "an agent through a link to the host",
    layer: [link("run", HOST)],
    image: mounted([agent]),
    ends: "built",
  },
  { name: "a tmpfs on a link to /", layer: [link("t", "/")], image: mounted([tmpfs("/t")]), ends: refused },
  {
    name: "a tmpfs on a link to /proc",
    layer: [link("t", "proc")],
    image: mounted([tmpfs("/t")]),
    ends: refused,
  },
  {
    name: "a tmpfs on a link to /proc/self",
    layer: [link("t", "/proc/self")],
    image: mounted([tmpfs("/t")]),
    ends: refused,
  },
  {
    name: "a bind on a link to the root of a process",
    layer: [link("b", `/proc/1/root${HOST}`)],
    image: mounted([bind(".", "/b")]),
    context: { file: "x" },
    ends: refused,
  },
  {
    name: "a tmpfs on a link to a descriptor",
    layer: [link("t", "/proc/self/fd/5")],
    image: mounted([tmpfs("/t")]),
    ends: refused,
  },
  {
    name: "a tmpfs on a link to /sys/fs/cgroup",
    layer: [link("t", "/sys/fs/cgroup")],
    image: mounted([tmpfs("/t")]),
    ends: refused,
  },
  {
    name: "a tmpfs on a link to /dev",
    layer: [link("t", "dev")],
    image: mounted([tmpfs("/t")]),
    ends: refused,
  },
  {
    name: "a bind on a link to /dev/null",
    layer: [link("b", "/dev/null")],
    image: mounted([bind("file", "/b")]),
    context: { file: "x" },
    ends: refused,
  },
  {
    name: "a tmpfs on a link to /dev/shm",
    layer: [link("t", "/dev/shm")],
    image: mounted([tmpfs("/t")], ": > /dev/shm/x"),
    ends: "built",
  },
  {
    name: "a tmpfs on a link to itself",
    layer: [link("t", "t")],
    image: mounted([tmpfs("/t")]),
    ends: refused,
  },
  { name: "a tmpfs on a file", layer: [file("t")], image: mounted([tmpfs("/t")]), ends: refused },
  { name: "a tmpfs below a file", layer: [file("t")], image: mounted([tmpfs("/t/in")]), ends: refused },
  {
    name: "a bound file on a directory",
    layer: [dir("d")],
    image: mounted([bind("file", "/d")]),
    context: { file: "x" },
    ends: refused,
  },
  {
    name: "a bound directory on a pipe",
    layer: [{ path: "p", type: "fifo" }],
    image: mounted([bind(".", "/p")]),
    context: { file: "x" },
    ends: refused,
  },
  {
    name: "a mount below a link of the bound context to the host",
    image: mounted([bind(".", "/src"), tmpfs("/src/out")]),
    context: { out: { link: HOST } },
    ends: "built",
  },
  {
    name: "a mount that the read-only context has no place for",
    image: mounted([bind(".", "/src"), tmpfs("/src/out")]),
    context: { file: "x" },
    ends: refused,
  },
  {
    name: "a working directory that is a link of the bound context to a descriptor",
    image: mounted([bind(".", "/src")], ":", { workdir: "/src/w" }),
    context: { w: { link: "/proc/self/fd/7" } },
    ends: refused,
  },
  {
    name: "a mount below a link that an earlier command left in a cache",
    image: (base) =>
      base
        .run(`rm -rf /c/x; ln -s ${HOST} /c/x`, { ...none, mounts: [cache("/c", "planted")] })
        .run(":", { ...none, mounts: [cache("/c", "planted"), tmpfs("/c/x/pts")] }),
    ends: refused,
  },
  {
    name: "a working directory that is a link in a cache to a descriptor",
    image: (base) =>
      base
        .run("rm -rf /c/w; ln -s /proc/self/fd/7 /c/w", { ...none, mounts: [cache("/c", "planted-w")] })
        .run(":", { ...none, workdir: "/c/w", mounts: [cache("/c", "planted-w")] }),
    ends: refused,
  },
  {
    name: "a cache whose id leads upwards",
    image: mounted([cache("/c", "../../../../x")], ": > /c/file"),
    ends: "MOUNT_INVALID",
  },
  {
    name: "a command that removes the place of its mount",
    image: mounted([tmpfs("/t/in")], "rmdir /t/in; mv /t /u; ln -s / /t"),
    ends: "built",
  },
  {
    name: "a command that puts a link above the place of its mount",
    image: mounted([bind("file", "/a/b/c")], `mkdir /z && mv /a/b /a/moved; ln -s ${HOST} /z/b; :`),
    context: { file: "x" },
    ends: "built",
  },
];
