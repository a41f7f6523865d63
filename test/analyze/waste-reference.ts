/** One entry of a layer, as far as the reference looks at it. */
export interface ReferenceEntry {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  readonly linkname: string;
}

/** Bytes by what became of them. */
export interface ReferenceFigures {
  readonly content: number;
  readonly final: number;
  readonly overwritten: number;
  readonly removed: number;
  readonly copiedUp: number;
  readonly duplicate: number;
}

interface Inode {
  readonly entry: ReferenceEntry;
  readonly layer: number;
  copyOf?: Inode;
  copied?: boolean;
}

type Snapshot = ReadonlyMap<string, Inode>;

/**
 * What the layers of an image waste, by the words of the OCI image specification alone: no code of src/ is used. It keeps
 * every path after every layer and compares path by path, which is slow and hard to get wrong.
 *
 * @param named says whether a path is waste for its name, so that it is no duplicate
 */
export function referenceFigures(
  layers: readonly (readonly ReferenceEntry[])[],
  named: (path: string) => boolean = () => false,
): ReferenceFigures {
  const inodes: Inode[] = [];
  const snapshots: Snapshot[] = [];
  let paths = new Map<string, Inode>();
  for (const [at, layer] of layers.entries()) {
    paths = new Map(paths);
    layOver(paths, layer, at, inodes);
    snapshots.push(paths);
  }
  const stored = inodes.filter(({ entry }) => entry.size > 0);
  const figures = { overwritten: 0, removed: 0, copiedUp: 0 };
  for (let at = 0; at < layers.length; at++) {
    for (const inode of stored) {
      if (inode.layer > at || has(snapshots[at]!, inode)) continue;
      const before = inode.layer === at ? [inode.entry.path] : namesIn(snapshots[at - 1]!, inode);
      // Lost already in an earlier layer.
      if (before.length === 0) continue;
      const now = before.map((path) => snapshots[at]!.get(path));
      const copy = now.find((it) => it !== undefined && isMereCopy(it, inode, at));
      if (copy !== undefined) {
        copy.copyOf = inode;
        inode.copied = true;
        figures.copiedUp += copy.entry.size;
      } else {
        const there = before.some((path) => snapshots[at]!.has(path));
        figures[there ? "overwritten" : "removed"] += inode.entry.size;
      }
    }
  }
  const last = snapshots.at(-1) ?? new Map<string, Inode>();
  const alive = stored.filter((inode) => has(last, inode));
  return {
    ...figures,
    content: sum(stored),
    final: sum(alive),
    duplicate: duplicateBytes(alive.filter((inode) => !namesIn(last, inode).every(named))),
  };
}

function layOver(
  paths: Map<string, Inode>,
  layer: readonly ReferenceEntry[],
  at: number,
  inodes: Inode[],
): void {
  const plain = layer.filter(({ path }) => !hides(path, paths));
  for (const entry of plain) {
    const { path } = entry;
    for (const parent of parents(path)) makeFolder(paths, parent, at);
    if (entry.type === "dir") {
      makeFolder(paths, path, at);
      continue;
    }
    if (entry.type === "link") {
      const shared = paths.get(entry.linkname);
      if (shared === undefined || shared.entry.type === "dir") throw new Error(`${path} links to no file`);
      deleteBelow(paths, path);
      paths.set(path, shared);
    } else {
      deleteBelow(paths, path);
      const inode = { entry: entry.type === "file" ? entry : { ...entry, size: 0 }, layer: at };
      inodes.push(inode);
      paths.set(path, inode);
    }
  }
}

function makeFolder(paths: Map<string, Inode>, path: string, layer: number): void {
  if (paths.get(path)?.entry.type === "dir") return;
  paths.set(path, { entry: { path, type: "dir", size: 0, sha256: "", linkname: "" }, layer });
}

/** Whether an entry is a whiteout; what it hides goes. All of a layer's are done before anything is added. */
function hides(path: string, paths: Map<string, Inode>): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!name.startsWith(".wh.")) return false;
  const folder = path.slice(0, -name.length);
  if (name === ".wh..wh..opq") {
    for (const other of [...paths.keys()]) if (other.startsWith(folder)) paths.delete(other);
  } else {
    const gone = folder + name.slice(4);
    paths.delete(gone);
    deleteBelow(paths, gone);
  }
  return true;
}

function deleteBelow(paths: Map<string, Inode>, folder: string): void {
  for (const path of [...paths.keys()]) if (path.startsWith(`${folder}/`)) paths.delete(path);
}

function parents(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join("/"));
}

function has(snapshot: Snapshot, inode: Inode): boolean {
  for (const other of snapshot.values()) if (other === inode) return true;
  return false;
}

function namesIn(snapshot: Snapshot, inode: Inode): string[] {
  const names = [...snapshot].filter(([, other]) => other === inode).map(([path]) => path);
  return names.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function isMereCopy(copy: Inode, of: Inode, layer: number): boolean {
  return (
    copy.layer === layer &&
    copy.copyOf === undefined &&
    copy.entry.size > 0 &&
    copy.entry.sha256 === of.entry.sha256
  );
}

function duplicateBytes(alive: readonly Inode[]): number {
  const seen = new Set<string>();
  const more = alive.filter(({ entry }) => {
    const known = seen.has(entry.sha256);
    seen.add(entry.sha256);
    return known;
  });
  return sum(more);
}

function sum(inodes: readonly Inode[]): number {
  return inodes.reduce((total, { entry }) => total + entry.size, 0);
}
