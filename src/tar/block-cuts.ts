import type { TarEntry } from "./tar-entry.js";

/**
 * Where the blocks of a written tar end, besides at 1 MiB: before and after a large file, and before an entry whose
 * path says so once half a block is full. The cuts hang on the entries and not on the offset in the tar, so after an
 * inserted, removed or grown file the same blocks come again and their compressed bytes can be reused.
 * The rule decides a compressed layer's bytes: change it only together with `BLOCK_CUTS`.
 */
export const BLOCK_CUTS = "1m-cut1";

/** Largest block of a written tar, in bytes: what is hashed, compressed and reused at a time. */
export const TAR_BLOCK_SIZE = 1 << 20;

/** A block is not cut at an anchor before it holds this many bytes. */
export const MIN_CUT = 1 << 19;

/** True when a file has blocks of its own. */
export function isLarge(entry: TarEntry): boolean {
  return entry.type === "file" && entry.size >= 1 << 19;
}

/** True when a block may end before this path: about one path of sixteen, the same one on every host. */
export function isAnchor(path: string): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < path.length; index++)
    hash = Math.imul(hash ^ path.charCodeAt(index), 0x01000193);
  // FNV's low bits are its weak ones.
  return ((hash >>> 16) & 15) === 0;
}
