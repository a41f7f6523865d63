import { changed, checkGuard, closeHostFile, openHostFile, readFully } from "../archive/read-content.js";
import type { EntryContent, HostContent } from "../archive/tar-entry.js";
import type { FileNode, NodeContent } from "./tree.js";

/**
 * The bytes of a file of a tree, e.g. `/etc/passwd`. Its layer is unpacked for that when it is compressed.
 *
 * @param limit bytes read at most, for files that should be small
 */
export async function readFileNode(node: FileNode, limit = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const size = Math.min(node.size, limit);
  if (size === 0) return new Uint8Array(0);
  return readContent(node.content, size);
}

/** The bytes of a file that is in no layer, at once: of the description, of a context, or a range of a host file. */
export function readFileNodeNow(node: FileNode): Uint8Array {
  if (node.size === 0) return new Uint8Array(0);
  if (node.content.kind === "layer") throw new TypeError("a file of a layer cannot be read at once");
  return readHere(node.content, node.size);
}

async function readContent(content: NodeContent, size: number): Promise<Uint8Array> {
  if (content.kind !== "layer") return readHere(content, size);
  const { path, offset } = await content.layer.spool();
  return readAt(path, offset + content.offset, size);
}

function readHere(content: EntryContent, size: number): Uint8Array {
  if (content.kind === "bytes") return content.bytes.subarray(0, size);
  if (content.kind === "range") return readAt(content.path, content.offset, size);
  const fd = openHostFile(content);
  try {
    if (content.guard !== undefined) checkGuard(fd, content, content.guard);
    return readOpen(fd, content, 0, size);
  } finally {
    closeHostFile(fd);
  }
}

function readAt(path: string, offset: number, size: number): Uint8Array {
  const file = { path };
  const fd = openHostFile(file);
  try {
    return readOpen(fd, file, offset, size);
  } finally {
    closeHostFile(fd);
  }
}

function readOpen(fd: number, file: Pick<HostContent, "path">, offset: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  const got = readFully(fd, file, bytes, 0, size, offset);
  if (got === size) return bytes;
  throw changed(file.path, `it ended after ${got} of ${size} bytes`);
}

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
