/** How bytes are compressed, by their first ones. */
export type Magic = "gzip" | "zstd" | "xz" | "bzip2" | "none";

/** Bytes that `magicOf` needs to see. */
export const MAGIC_LENGTH = 6;

/** Tells compressed data by its magic number; everything else is `none`. */
export function magicOf(head: Uint8Array): Magic {
  if (startsWith(head, [0x1f, 0x8b])) return "gzip";
  if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) return "zstd";
  // A skippable frame (0x184D2A50 to 0x184D2A5F) may come first, e.g. from pzstd.
  if (head.length >= 4 && (head[0]! & 0xf0) === 0x50 && startsWith(head.subarray(1), [0x2a, 0x4d, 0x18]))
    return "zstd";
  if (startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return "xz";
  if (startsWith(head, [0x42, 0x5a, 0x68])) return "bzip2";
  return "none";
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}
