import { readFileNodeNow } from "../../layer/read-node.js";
import type { FileNode } from "../../layer/tree-node.js";
import type { HostContent } from "../../tar/entry-content.js";
import { checkGuard, closeHostFile, openHostFile, readFully } from "../../tar/host-reader.js";

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
  if (content.kind !== "layer") return openRangeNow(node);
  const { path, offset } = await content.layer.spool();
  return openPlace({ path }, offset + content.offset, size);
}

/** The same, at once, for a file that is in no layer. */
export function openRangeNow(node: FileNode): RangeReader {
  const { content, size } = node;
  if (content.kind === "bytes" || content.kind === "layer") {
    const all = Buffer.from(readFileNodeNow(node));
    return { size, read: (offset, length) => all.subarray(offset, offset + length), close: () => {} };
  }
  const start = content.kind === "range" ? content.offset : 0;
  return openPlace(content, start, size);
}

function openPlace(file: Omit<HostContent, "kind">, start: number, size: number): RangeReader {
  const { guard } = file;
  const fd = openHostFile(file);
  try {
    if (guard !== undefined) checkGuard(fd, file, guard);
    const read = (offset: number, length: number) => {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const buffer = Buffer.alloc(wanted);
      return buffer.subarray(0, readFully(fd, file, buffer, 0, wanted, start + offset));
    };
    return { size, read, close: () => closeHostFile(fd) };
  } catch (error) {
    closeHostFile(fd);
    throw error;
  }
}
