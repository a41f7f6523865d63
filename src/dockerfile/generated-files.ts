import { sha256Hex } from "../core/bytes.js";

/**
 * Something that the Dockerfile copies and that nobody has on disk: whoever writes the Dockerfile makes it in the
 * folder of generated files. A `layer-tar` is a blob of the store, a `rootfs-tar` is an uncompressed tar of the root file system at `source`.
 */
export type GeneratedFile =
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | { readonly kind: "layer-tar"; readonly path: string; readonly digest: string }
  | { readonly kind: "rootfs-tar"; readonly path: string; readonly source: string };

/** Collects the generated files of one Dockerfile; equal ones are made once. */
export class GeneratedFiles {
  readonly #files = new Map<string, GeneratedFile>();

  /** A file named by its digest. */
  file(bytes: Uint8Array): string {
    const path = sha256Hex(bytes).slice(0, 16);
    this.#add({ kind: "file", path, bytes, mode: 0o644 });
    return path;
  }

  /** A folder that holds just one link; the folder's name is by what the link says. */
  link(name: string, target: string): string {
    const folder = sha256Hex(`${name}\0${target}`).slice(0, 16);
    this.#add({ kind: "folder", path: folder, mode: 0o755 });
    this.#add({ kind: "symlink", path: `${folder}/${name}`, target });
    return folder;
  }

  /** A folder that holds just one empty folder. */
  folder(name: string): string {
    const folder = sha256Hex(`${name}\0`).slice(0, 16);
    this.#add({ kind: "folder", path: folder, mode: 0o755 });
    this.#add({ kind: "folder", path: `${folder}/${name}`, mode: 0o755 });
    return folder;
  }

  /** The tar of a layer that is in the store. */
  layer(digest: string): string {
    const path = `layer-${digest.slice("sha256:".length, 23)}.tar`;
    this.#add({ kind: "layer-tar", path, digest });
    return path;
  }

  /** The tar of a root file system that the caller brings. */
  rootfs(source: string): string {
    const path = `rootfs-${sha256Hex(source).slice(0, 16)}.tar`;
    this.#add({ kind: "rootfs-tar", path, source });
    return path;
  }

  list(): readonly GeneratedFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #add(file: GeneratedFile): void {
    this.#files.set(file.path, file);
  }
}
