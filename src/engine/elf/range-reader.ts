import { readFileNodeNow } from "../../layer/read-node.js";
import type { FileNode } from "../../layer/tree-node.js";
import type { FileGuard } from "../../tar/entry-content.js";
import { checkGuard, OpenFiles, readFully } from "../../tar/host-reader.js";

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
  return openPlace(path, offset + content.offset, size, undefined);
}

/** The same, at once, for a file that is in no layer. */
export function openRangeNow(node: FileNode): RangeReader {
  const { content, size } = node;
  if (content.kind === "bytes" || content.kind === "layer" || typeof content.path !== "string") {
    // A file whose name is not UTF-8 can only be opened by its bytes, which is rare enough to read it whole.
    const all = Buffer.from(readFileNodeNow(node));
    return { size, read: (offset, length) => all.subarray(offset, offset + length), close: () => {} };
  }
  if (content.kind === "range") return openPlace(content.path, content.offset, size, undefined);
  return openPlace(content.path, 0, size, content.guard);
}

function openPlace(path: string, start: number, size: number, guard: FileGuard | undefined): RangeReader {
  const files = new OpenFiles();
  try {
    const fd = files.descriptor(path);
    if (guard !== undefined) checkGuard(fd, path, guard);
    const read = (offset: number, length: number) => {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const buffer = Buffer.alloc(wanted);
      return buffer.subarray(0, readFully(fd, path, buffer, 0, wanted, start + offset));
    };
    return { size, read, close: () => files.close() };
  } catch (error) {
    files.close();
    throw error;
  }
}
