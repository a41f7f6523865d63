import type { ListedFile } from "../peers/image-listing.js";

const BEGIN = "=== the tree ===";

/** A script that lists the root file system it runs in, as a command of the image sees it. */
export const LIST = [
  "cd /",
  `echo '${BEGIN}'`,
  "find . -xdev \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./etc/hosts -o -path ./etc/resolv.conf \\) -prune -o -exec stat -c '%F|%a|%u|%g|%s|%i|%t:%T|%N' {} +",
  "find . -xdev \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./etc/hosts -o -path ./etc/resolv.conf \\) -prune -o -type f -exec busybox sha256sum {} +",
].join("\n");

/** Paths that are listed nowhere: what the sandbox itself mounts. */
export const UNSEEN = /^(?:proc|sys|dev|etc\/hosts|etc\/resolv\.conf)(?:\/|$)/;

/** What a command saw at a path, in words that can be compared, and which paths were one file. */
export interface SeenTree {
  readonly traits: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, string>;
}

const TYPES: Readonly<Record<string, string>> = {
  "regular file": "file",
  "regular empty file": "file",
  directory: "dir",
  "symbolic link": "symlink",
  fifo: "fifo",
  "character special file": "char",
  "block special file": "block",
};

/** Reads what each `LIST` printed, in order. */
export function readSeen(output: readonly string[]): SeenTree[] {
  const starts = output.flatMap((line, index) => (line === BEGIN ? [index] : []));
  return starts.map((start, index) => readOne(output.slice(start + 1, starts[index + 1])));
}

function readOne(lines: readonly string[]): SeenTree {
  const traits = new Map<string, string>();
  const files = new Map<string, string>();
  const sums = new Map<string, string>();
  for (const line of lines) {
    const sum = /^([0-9a-f]{64}) [ *]\.\/(.*)$/.exec(line);
    if (sum !== null) sums.set(sum[2]!, sum[1]!);
  }
  for (const line of lines) {
    const [kind = "", mode, uid, gid, size, inode, , ...rest] = line.split("|");
    const type = TYPES[kind];
    if (type === undefined) continue;
    const [, name = "", linkname = ""] = /^'?(.*?)'?(?: -> '?(.*?)'?)?$/.exec(rest.join("|")) ?? [];
    const path = name.replace(/^\.\/?/, "");
    const content = type === "file" ? `${size} ${sums.get(path)}` : linkname;
    traits.set(path, `${type} ${type === "symlink" ? "777" : mode} ${uid}:${gid} ${content}`);
    if (type === "file") files.set(path, inode!);
  }
  return { traits, files };
}

/** What is different between the tree of an image and the one that its last command saw, of those that it began with. */
export function seenDifferences(
  rootfs: ReadonlyMap<string, ListedFile>,
  seen: SeenTree,
  before: readonly SeenTree[],
): string[] {
  const lines: string[] = [];
  for (const path of new Set([...rootfs.keys(), ...seen.traits.keys()])) {
    if (UNSEEN.test(path) || path === "") continue;
    const file = rootfs.get(path);
    const [ours, theirs] = [
      file === undefined ? "nothing" : traitsOf(file),
      seen.traits.get(path) ?? "nothing",
    ];
    if (ours !== theirs) lines.push(`/${path}: ${ours} | ${theirs}`);
  }
  return [...lines, ...linkDifferences(rootfs, seen, before)];
}

function traitsOf({ type, mode, uid, gid, size, sha256, linkname }: ListedFile): string {
  const bits = type === "symlink" ? "777" : mode.toString(8);
  const content = type === "file" ? `${size} ${sha256}` : type === "symlink" ? linkname : "";
  return `${type} ${bits} ${uid}:${gid} ${content}`;
}

/**
 * Names of one file must be names of one file. The other way round, an overlay tells the names of a file of a layer
 * below apart as soon as one is touched; ours keeps them together where nothing else is different.
 */
function linkDifferences(
  rootfs: ReadonlyMap<string, ListedFile>,
  { files }: SeenTree,
  before: readonly SeenTree[],
): string[] {
  const lines: string[] = [];
  const firsts = new Map<string, string>();
  for (const [path, inode] of files) {
    const first = firsts.get(inode);
    if (first === undefined) firsts.set(inode, path);
    else if (rootfs.get(first) !== rootfs.get(path)) lines.push(`/${first} and /${path}: two files | one`);
  }
  const names = new Map<ListedFile, string>();
  for (const [path, file] of rootfs) {
    if (file.type !== "file") continue;
    const first = names.get(file);
    if (first === undefined) names.set(file, path);
    else if (files.get(first) !== files.get(path)) {
      const together = before.some((tree) => {
        const inode = tree.files.get(first);
        return inode !== undefined && inode === tree.files.get(path);
      });
      if (!together) lines.push(`/${first} and /${path}: one file | two`);
    }
  }
  return lines;
}
