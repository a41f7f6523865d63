import { readFileNode } from "../../layer/read-node.js";
import type { FileNode } from "../../layer/tree-node.js";
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
  if (content.kind === "bytes" || (content.kind === "file" && typeof content.path !== "string")) {
    // A file whose name is not UTF-8 can only be opened by its bytes, which is rare enough to read it whole.
    const all = Buffer.from(await readFileNode(node));
    return { size, read: (offset, length) => all.subarray(offset, offset + length), close: () => {} };
  }
  const place =
    content.kind === "layer"
      ? await content.layer.spool().then(({ path, offset }) => ({ path, start: offset + content.offset }))
      : { path: content.path as string, start: content.kind === "range" ? content.offset : 0 };
  const files = new OpenFiles();
  try {
    const fd = files.descriptor(place.path);
    if (content.kind === "file" && content.guard !== undefined) checkGuard(fd, place.path, content.guard);
    const read = (offset: number, length: number) => {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const buffer = Buffer.alloc(wanted);
      return buffer.subarray(0, readFully(fd, place.path, buffer, 0, wanted, place.start + offset));
    };
    return { size, read, close: () => files.close() };
  } catch (error) {
    files.close();
    throw error;
  }
}
