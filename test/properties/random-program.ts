import fc from "fast-check";
import type { TarInput } from "../fixtures/tar-bytes.js";

/** Names that a program works on, in the folder that is its own. */
const FILES = [
  "d1/f1",
  "d1/f2",
  "d1/sub/g1",
  "d2/h1",
  "d2/deep/i1",
  "setuid",
  "twin-a",
  "twin-b",
  "odd ☃",
  "big",
];
const FOLDERS = ["d1", "d1/sub", "d2", "d2/deep", "empty", "sticky"];
const LINKS = ["to-file", "to-folder", "dangling", "absolute"];
const FRESH = [
  "n1",
  "n2",
  "d1/n1",
  "d2/n2",
  "d1/sub/n3",
  "n1/x",
  "n2/y/z",
  "empty/e",
  "to-folder/f1",
  "sticky/s",
];

/** The tree that every program starts on, below `top`. */
export function startTree(top: string): TarInput[] {
  const file = (path: string, text: string, more: Partial<TarInput> = {}): TarInput => ({
    path: `${top}/${path}`,
    type: "file",
    data: Buffer.from(text),
    ...more,
  });
  const dir = (path: string, mode = 0o755, uid = 0, gid = 0): TarInput => ({
    path: path === "" ? top : `${top}/${path}`,
    type: "dir",
    mode,
    uid,
    gid,
  });
  const symlink = (path: string, linkname: string): TarInput => ({
    path: `${top}/${path}`,
    type: "symlink",
    linkname,
  });
  return [
    dir(""),
    dir("d1"),
    file("d1/f1", "one\n"),
    file("d1/f2", "two\n", { mode: 0o600, uid: 33, gid: 34 }),
    dir("d1/sub", 0o750, 5, 6),
    file("d1/sub/g1", "three\n"),
    dir("d2", 0o700, 33, 34),
    file("d2/h1", "four\n", { mode: 0o4755 }),
    dir("d2/deep"),
    file("d2/deep/i1", "five\n"),
    dir("empty"),
    dir("sticky", 0o1777),
    file("setuid", "six\n", { mode: 0o6755 }),
    file("twin-a", "twins\n"),
    { path: `${top}/twin-b`, type: "link", linkname: `${top}/twin-a` },
    { path: `${top}/d1/twin-c`, type: "link", linkname: `${top}/twin-a` },
    file("odd ☃", "odd\n"),
    file("big", "0123456789".repeat(7000)),
    symlink("to-file", "d1/f1"),
    symlink("to-folder", "d1"),
    symlink("dangling", "nowhere"),
    symlink("absolute", "/etc/conf.d"),
  ];
}

const folder = fc.constantFrom(...FOLDERS, "n1", "n2", "n2/y");
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...FILES) },
  { weight: 3, arbitrary: fc.constantFrom(...FOLDERS) },
  { weight: 1, arbitrary: fc.constantFrom(...LINKS) },
  { weight: 4, arbitrary: fc.constantFrom(...FRESH) },
);
const mode = fc.constantFrom("0", "600", "644", "755", "1777", "4755", "2711", "u+x", "go-rwx");
const owner = fc.constantFrom("0:0", "33:34", "1000:1001", "4711", ":50");
const text = fc.constantFrom("", "a", "other", "one", "two");

const quoted = (name: string) => `'${name}'`;
const one = (make: (path: string) => string) => path.map((name) => make(quoted(name)));
const two = (make: (from: string, to: string) => string) =>
  fc.tuple(path, path).map(([from, to]) => make(quoted(from), quoted(to)));

/** One command of a program. It may fail, as commands do. */
const command = fc.oneof(
  fc.tuple(path, text).map(([name, words]) => `echo ${words} > '${name}'`),
  fc.tuple(path, text).map(([name, words]) => `echo ${words} >> '${name}'`),
  one((name) => `true > ${name}`),
  fc.tuple(path, fc.constantFrom(0, 3, 70000)).map(([name, size]) => `busybox truncate -s ${size} '${name}'`),
  fc.tuple(path, mode).map(([name, bits]) => `chmod ${bits} '${name}'`),
  fc.tuple(folder, mode).map(([name, bits]) => `chmod -R ${bits} '${name}'`),
  fc.tuple(path, owner).map(([name, ids]) => `chown ${ids} '${name}'`),
  fc.tuple(path, owner).map(([name, ids]) => `chown -h ${ids} '${name}'`),
  two((from, to) => `ln ${from} ${to}`),
  two((from, to) => `ln -f ${from} ${to}`),
  two((from, to) => `ln -s ${from} ${to}`),
  two((from, to) => `ln -sfn ${from} ${to}`),
  one((name) => `mkdir ${name}`),
  one((name) => `mkdir -p ${name}`),
  one((name) => `rm -f ${name}`),
  one((name) => `rm -rf ${name}`),
  one((name) => `rmdir ${name}`),
  two((from, to) => `mv ${from} ${to}`),
  two((from, to) => `mv -f ${from} ${to}`),
  two((from, to) => `mv -T ${from} ${to}`),
  two((from, to) => `cp ${from} ${to}`),
  two((from, to) => `cp -a ${from} ${to}`),
  one((name) => `touch ${name}`),
  one((name) => `{ cat ${name} > /tmp/same && cat /tmp/same > ${name}; rm -f /tmp/same; }`),
  one((name) => `{ rm -rf ${name}; mkdir ${name}; }`),
  one((name) => `{ rm -rf ${name}; echo file > ${name}; }`),
  one((name) => `{ rm -rf ${name}; mkdir ${name}; echo in > ${name}/in; }`),
  one((name) => `{ mv ${name} away && mv away ${name}; }`),
  one((name) => `busybox mknod -m 640 ${name} c 1 3`),
);

/** A pipe comes last: whoever opens it waits for another to do so as well. */
const pipe = one((name) => `busybox mknod ${name} p`);

/** A program: commands that run one after the other, whatever becomes of each. */
export const program = fc
  .tuple(fc.array(command, { minLength: 1, maxLength: 12 }), fc.option(pipe))
  .map(([commands, last]) => (last === null ? commands : [...commands, last]));

/** A program as lines of a script, in a folder of its own. */
export function programText(commands: readonly string[], top: string): string {
  return [`cd /${top}`, ...commands.map((line) => `${line} 2> /dev/null`)].join("\n");
}
