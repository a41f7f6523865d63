import type { IndexedEntry } from "../../layer/layer-index.js";

/** The entries of a command's changes, paths as a tree has them, without what the sandbox made for itself. */
export function changedEntries(
  indexed: readonly IndexedEntry[],
  stubs: readonly string[],
): readonly IndexedEntry[] {
  const entries = indexed.map(({ entry, offset }) => ({
    entry: {
      ...entry,
      path: normal(entry.path),
      ...(entry.type === "hardlink" ? { linkname: normal(entry.linkname ?? "") } : {}),
    },
    offset,
  }));
  return stubs.length === 0 ? entries : withoutStubs(entries, stubs);
}

/** A mount point that is still empty is the sandbox's own; in any other the command left something beside the mount. */
function withoutStubs(entries: readonly IndexedEntry[], stubs: readonly string[]): readonly IndexedEntry[] {
  const paths = new Map<string, IndexedEntry>();
  const children = new Map<string, number>();
  const count = (path: string, by: number) => {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    children.set(parent, (children.get(parent) ?? 0) + by);
  };
  for (const indexed of entries) {
    paths.set(indexed.entry.path, indexed);
    if (indexed.entry.path !== "") count(indexed.entry.path, 1);
  }
  const dropped = new Set<string>();
  for (const stub of stubs) {
    const entry = paths.get(stub)?.entry;
    const empty =
      entry?.type === "folder" ? (children.get(stub) ?? 0) === 0 : entry?.type === "file" && entry.size === 0;
    if (!empty) continue;
    dropped.add(stub);
    count(stub, -1);
  }
  return entries.filter(({ entry }) => !dropped.has(entry.path));
}

/** Paths as `tar -C FOLDER .` writes them, without the `./` at the start and the slash at the end. */
function normal(path: string): string {
  return path.replace(/^\.(?:\/|$)/, "").replace(/\/$/, "");
}
