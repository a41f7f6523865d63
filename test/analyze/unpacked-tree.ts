import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reports } from "layerwright";

/** A path as umoci left it on the disk. */
interface Unpacked {
  readonly type: string;
  readonly mode: number;
  readonly owner: string;
  readonly size: number;
  /** What is in a file, where a link leads, which device it is. */
  readonly content: string;
  readonly inode: number;
}

export type UnpackedTree = ReadonlyMap<string, Unpacked>;

/** Unpacks an image of a layout with umoci, and walks over what came out; undefined for zstd, which umoci cannot read. */
export function unpackedTree(umoci: string, layout: string, tag: string): UnpackedTree | undefined {
  const folder = mkdtempSync(join(tmpdir(), "layerwright-judge-"));
  try {
    const root = join(folder, "rootfs");
    const run = spawnSync(umoci, ["raw", "unpack", "--image", `${layout}:${tag}`, root], {
      encoding: "utf8",
    });
    if (run.stderr.includes("tar+zstd")) return undefined;
    if (run.status !== 0) throw new Error(run.stderr);
    const tree = new Map<string, Unpacked>();
    const walk = (path: string): void => {
      const at = join(root, path);
      tree.set(path, look(at));
      if (lstatSync(at).isDirectory())
        for (const name of readdirSync(at)) walk(`${path === "/" ? "" : path}/${name}`);
    };
    walk("/");
    return tree;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function look(path: string): Unpacked {
  const stat = lstatSync(path);
  const file = stat.isFile();
  const type = stat.isDirectory() ? "folder" : file ? "file" : stat.isSymbolicLink() ? "symlink" : "special";
  const content = file
    ? createHash("sha256").update(readFileSync(path)).digest("hex")
    : stat.isSymbolicLink()
      ? readlinkSync(path)
      : `${stat.mode >> 12} ${stat.rdev}`;
  const owner = `${stat.uid}:${stat.gid}`;
  return { type, mode: stat.mode & 0o7777, owner, size: file ? stat.size : 0, content, inode: stat.ino };
}

/** What a plain comparison of two trees finds, a line a path; hard links and extended attributes aside. */
export function judged(before: UnpackedTree, after: UnpackedTree): string[] {
  const lines: string[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === undefined || now === undefined) {
      lines.push(`${old === undefined ? "added" : "removed"} ${path}`);
      continue;
    }
    const link = old.type === "symlink" || now.type === "symlink";
    const aspects = [
      old.type !== now.type ? "type" : old.type !== "folder" && old.content !== now.content ? "content" : "",
      !link && old.mode !== now.mode ? "mode" : "",
      old.owner !== now.owner ? "owner" : "",
    ].filter((aspect) => aspect !== "");
    if (aspects.length > 0) lines.push(["changed", path, ...aspects].join(" "));
  }
  return lines.sort();
}

/** The same lines from what `diff` said. */
export function said({ files = [] }: Reports.ImageDifference): string[] {
  return files
    .flatMap(({ path, change, aspects }) => {
      const seen = aspects
        .filter((aspect) => aspect !== "links" && aspect !== "xattrs")
        .map((aspect) => (aspect === "target" || aspect === "device" ? "content" : aspect));
      return change === "changed" && seen.length === 0 ? [] : [[change, path, ...seen].join(" ")];
    })
    .sort();
}

/** Bytes of all files, each once whatever its number of names. */
export function bytesOf(tree: UnpackedTree): number {
  const sizes = new Map([...tree.values()].map(({ inode, size }) => [inode, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** Pairs of names that are one file in one tree and two in the other; names that are in `known` are left out. */
export function partedLinks(before: UnpackedTree, after: UnpackedTree, known: ReadonlySet<string>): string[] {
  const linked = [before, after].map((tree) => {
    const inodes = [...tree.values()].map(({ inode }) => inode);
    return new Set(inodes.filter((inode, at) => inodes.indexOf(inode) !== at));
  });
  const common = [...before.keys()].filter((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === undefined || now === undefined || known.has(path)) return false;
    if (old.type === "folder" || now.type === "folder") return false;
    return linked[0]?.has(old.inode) === true || linked[1]?.has(now.inode) === true;
  });
  return common.flatMap((one, at) =>
    common.slice(at + 1).flatMap((two) => {
      const together = (tree: UnpackedTree) => tree.get(one)?.inode === tree.get(two)?.inode;
      return together(before) === together(after) ? [] : [`${one} ${two}`];
    }),
  );
}
