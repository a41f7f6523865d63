import { baseName, parentPath } from "../core/posix-path.js";
import type { CopyOperation, FoundSource } from "../plan/operation.js";
import { type Fact, isFolder, type KnownTree } from "./known-tree.js";
import { modeAfter } from "./mode-flag.js";

/** One entry that a copy of context directories puts below its destination. */
interface CopiedEntry {
  /** Absolute. */
  readonly path: string;
  readonly fact: Fact;
}

/** The directories of an image whose attributes are those that a copy of context directories gives them. */
export function copiedFolders(operation: CopyOperation): readonly string[] {
  const entries = copiedEntries(operation, { uid: 0, gid: 0 }) ?? [];
  return entries.filter(({ fact }) => isFolder(fact)).map(({ path }) => path);
}

/**
 * Everything that a copy of context directories puts below its destination, parents first; undefined where not all of it
 * is known.
 *
 * @param owner undefined where it is looked up by name
 */
export function copiedEntries(
  operation: CopyOperation,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): readonly CopiedEntry[] | undefined {
  const { mode, asOnDisk, dest, into } = operation;
  const all: CopiedEntry[] = [];
  for (const source of operation.sources) {
    if (source.from === "stage" || source.found?.entries === undefined) return undefined;
    if (source.path.split("/").includes("**")) return undefined;
    const placeOf = placesOf(source.path, source.found, into);
    if (placeOf === undefined) return undefined;
    for (const entry of source.found.entries) {
      const place = placeOf(entry.path);
      if (place === "") continue;
      const path = dest === "/" ? `/${place}` : `${dest}/${place}`;
      if (entry.type === "symlink") {
        all.push({ path, fact: { kind: "symlink", target: entry.target ?? "" } });
      } else if (entry.type === "file") all.push({ path, fact: { kind: "file" } });
      else if (owner === undefined) all.push({ path, fact: { kind: "some-folder" } });
      else {
        const bits = asOnDisk ? entry.mode : modeAfter(mode, 0o755, true);
        all.push({ path, fact: { kind: "folder", mode: bits, ...owner, copied: true } });
      }
    }
  }
  return all;
}

/** Gives the place of an entry below the destination; undefined where a file may stand for the destination itself. */
function placesOf(
  pattern: string,
  { shape, matches }: FoundSource,
  into: boolean,
): ((path: string) => string) | undefined {
  if (shape === "folder") return (path) => path;
  if (shape === "file") return into ? () => baseName(`/${pattern.replace(/\\(.)/gs, "$1")}`) : undefined;
  if (matches === undefined || (!into && matches.some((match) => match.shape === "file"))) return undefined;
  const shapes = new Map(matches.map((match) => [`/${match.path === "." ? "" : match.path}`, match.shape]));
  return (path) => {
    const whole = `/${path === "." ? "" : path}`;
    if (shapes.get(whole) === "file") return baseName(whole);
    let top = whole;
    while (!shapes.has(top) && top !== "/") top = parentPath(top);
    return whole.slice(top === "/" ? 1 : top.length + 1);
  };
}

/** Notes what a copy put below its destination, which is a directory now. */
export function noteEntries(tree: KnownTree, entries: readonly CopiedEntry[]): void {
  for (const { path, fact } of entries) {
    if (fact.kind === "folder" || fact.kind === "some-folder") tree.setNewFolder(path, fact);
    else tree.set(path, fact);
  }
}
