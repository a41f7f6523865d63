import { closeSync } from "node:fs";
import type { FileNode } from "../../layer/tree-node.js";
import { checkGuard, openHostFile, readFully } from "../../tar/host-reader.js";

/** Reads parts of a file's content, wherever it is. */
export interface RangeReader {
  /** Bytes of the content. */
  readonly size: number;
  /** Up to `length` bytes at an offset; fewer only at the end. */
  read(offset: number, length: number): Buffer;
  close(): void;
}

/** Opens the content of a file; only a layer that is compressed has to be unpacked for it. */
export async function openRange(node: FileNode): Promise<RangeReader> {
  const { content, size } = node;
  if (content.kind === "bytes") {
    const all = Buffer.from(content.bytes.buffer, content.bytes.byteOffset, content.bytes.byteLength);
    return { size, read: (offset, length) => all.subarray(offset, offset + length), close: () => {} };
  }
  const place =
    content.kind === "layer"
      ? await content.layer.spool().then(({ path, offset }) => ({ path, start: offset + content.offset }))
      : { path: content.path, start: content.kind === "range" ? content.offset : 0 };
  const fd = openHostFile(place.path);
  try {
    if (content.kind === "file" && content.guard !== undefined) checkGuard(fd, place.path, content.guard);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    size,
    read: (offset, length) => {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const buffer = Buffer.alloc(wanted);
      return buffer.subarray(0, readFully(fd, place.path, buffer, 0, wanted, place.start + offset));
    },
    close: () => closeSync(fd),
  };
}
