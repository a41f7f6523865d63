import { createHash } from "node:crypto";
import { imageBlobs } from "./image-blobs.js";
import { type TarEntry, tarEntries } from "./tar-entries.js";

/** One file as a layer has it, or as the image shows it. */
export interface ListedFile extends Omit<TarEntry, "data"> {
  /** Of the content of a file; empty for anything else. */
  readonly sha256: string;
}

/** An image laid open: what it says of itself, each layer, and all of it merged. */
export interface ImageListing {
  readonly config: Record<string, unknown>;
  readonly layers: readonly { readonly paths: readonly ListedFile[] }[];
  /**
   * The tree a container would see, by path without a leading slash; the root
   * is the empty path. Hard links share one object.
   */
  readonly rootfs: ReadonlyMap<string, ListedFile>;
}

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

function listed(entry: TarEntry): ListedFile {
  const { data, ...rest } = entry;
  const sha256 = entry.type === "file" ? createHash("sha256").update(data).digest("hex") : "";
  return {
    ...rest,
    path: clean(entry.path),
    linkname: entry.type === "link" ? clean(entry.linkname) : entry.linkname,
    sha256,
  };
}

function clean(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

function split(path: string): { folder: string; name: string } {
  const cut = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(cut, 0)), name: path.slice(cut + 1) };
}

function removeBelow(tree: Map<string, ListedFile>, folder: string): void {
  const prefix = folder === "" ? "" : `${folder}/`;
  for (const path of [...tree.keys()]) {
    if (path !== "" && path.startsWith(prefix)) tree.delete(path);
  }
}

/** Lays one layer over a tree by the OCI rules: first what it takes away, then what it brings. */
export function lay(tree: Map<string, ListedFile>, layer: readonly ListedFile[]): void {
  for (const { path } of layer) {
    const { folder, name } = split(path);
    if (name === OPAQUE) removeBelow(tree, folder);
    else if (name.startsWith(WHITEOUT)) {
      const gone = clean(`${folder}/${name.slice(WHITEOUT.length)}`);
      tree.delete(gone);
      removeBelow(tree, gone);
    }
  }
  for (const file of layer) {
    if (split(file.path).name.startsWith(WHITEOUT)) continue;
    if (file.type !== "dir" && tree.get(file.path)?.type === "dir") removeBelow(tree, file.path);
    const shared = file.type === "link" ? tree.get(file.linkname) : file;
    if (shared === undefined) throw new Error(`${file.path} is a hard link to nothing`);
    tree.set(file.path, shared);
  }
}

/** Reads an image, of an architecture, from an OCI layout, an OCI archive or a `docker save` archive. */
export function imageListing(path: string, architecture?: string): ImageListing {
  const { config, layers: tars } = imageBlobs(path, architecture);
  const layers = tars.map((tar) => ({ paths: tarEntries(tar).map(listed) }));
  const rootfs = new Map<string, ListedFile>();
  for (const layer of layers) lay(rootfs, layer.paths);
  return { config, layers, rootfs };
}
