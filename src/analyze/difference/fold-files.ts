import { getOrMake } from "../../core/grouped.js";
import type { Origin } from "../../errors/origin.js";
import type { FileDifference } from "./file-differences.js";

/** A path that differs, or a directory that stands for all that differs in it. */
export interface FoldedFiles {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Bytes that the root file system has more for it. */
  readonly bytes: number;
  /** The difference itself, where the row stands for it alone or for a directory that came or went whole. */
  readonly file?: FileDifference;
  /** The user's line, where it is the same for all that the row stands for. */
  readonly origin?: Origin;
}

/** A directory with what differs in it; the root of all has an empty path. */
interface Branch {
  readonly path: string;
  file: FileDifference | undefined;
  readonly below: Map<string, Branch>;
  count: { added: number; removed: number; changed: number };
  bytes: number;
  /** Bytes that came and went, which is what a row is chosen by. */
  moved: number;
  origin: Origin | undefined | "several";
}

/**
 * What differs in at most so many rows, largest first: directories stand for what is in them, and those in which most
 * moved are opened for as long as there is room. A directory that came or went whole is one row.
 */
export function foldFiles(files: readonly FileDifference[], limit: number): FoldedFiles[] {
  const root = newBranch("");
  for (const file of files) place(root, file);
  let rows = [root];
  for (;;) {
    const open = rows.filter((row) => canOpen(row)).sort(largestFirst);
    const next = open.find((row) => rows.length - 1 + partsOf(row).length <= limit);
    if (next === undefined) break;
    rows = rows.flatMap((row) => (row === next ? partsOf(row) : [row]));
  }
  return rows
    .filter(({ count }) => total(count) > 0)
    .sort(largestFirst)
    .map(folded);
}

function place(root: Branch, file: FileDifference): void {
  const names = file.path.split("/").filter((name) => name !== "");
  let branch = root;
  note(branch, file);
  for (const [at, name] of names.entries()) {
    branch = getOrMake(branch.below, name, () => newBranch(`/${names.slice(0, at + 1).join("/")}`));
    note(branch, file);
  }
  branch.file = file;
}

function note(branch: Branch, file: FileDifference): void {
  branch.origin = total(branch.count) === 0 ? file.origin : sameOrigin(branch.origin, file.origin);
  branch.count[file.change]++;
  branch.bytes += file.bytes;
  const content = file.change !== "changed" || file.aspects.some((it) => it === "content" || it === "type");
  branch.moved += content ? (file.before?.size ?? 0) + (file.after?.size ?? 0) : 0;
}

/** A directory of which only some things differ. */
function canOpen({ below, file }: Branch): boolean {
  return below.size > 0 && (file === undefined || file.change === "changed");
}

/** Returns the rows that replace an opened row: its children, and itself where the directory's own attributes differ. */
function partsOf({ below, file }: Branch): Branch[] {
  const parts = [...below.values()];
  if (file === undefined) return parts;
  const alone = newBranch(file.path);
  note(alone, file);
  alone.file = file;
  return [alone, ...parts];
}

function folded({ path, file, count, bytes, origin }: Branch): FoldedFiles {
  return {
    path: path === "" ? "/" : path,
    ...count,
    bytes,
    ...(file === undefined || (file.change === "changed" && total(count) > 1) ? {} : { file }),
    ...(origin === undefined || origin === "several" ? {} : { origin }),
  };
}

function newBranch(path: string): Branch {
  const count = { added: 0, removed: 0, changed: 0 };
  return { path, file: undefined, below: new Map(), count, bytes: 0, moved: 0, origin: undefined };
}

function largestFirst(left: Branch, right: Branch): number {
  if (left.moved !== right.moved) return right.moved - left.moved;
  const counts = total(right.count) - total(left.count);
  if (counts !== 0) return counts;
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}

function total({ added, removed, changed }: Branch["count"]): number {
  return added + removed + changed;
}

function sameOrigin(known: Branch["origin"], origin: Origin | undefined): Branch["origin"] {
  if (known === "several" || known === undefined || origin === undefined) return "several";
  return known.file === origin.file && known.line === origin.line ? known : "several";
}
