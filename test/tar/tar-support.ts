import { tarBlocks } from "../../src/archive/tar-blocks.js";
import type { TarEntry, TarItem } from "../../src/archive/tar-entry.js";
import type { EntryPosition, TarHandler } from "../../src/archive/tar-parser.js";
import { TarParser } from "../../src/archive/tar-parser.js";

/** An entry of a file or whatever the changes say. */
export function entry(changes: Partial<TarEntry> & { path: string }): TarEntry {
  return { type: "file", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, ...changes };
}

/** A file item with its bytes in memory. */
export function fileItem(path: string, bytes: Uint8Array | string, changes: Partial<TarEntry> = {}): TarItem {
  const content = Buffer.from(bytes);
  return {
    entry: entry({ path, size: content.length, ...changes }),
    content: { kind: "bytes", bytes: content },
  };
}

/** The whole tar of some items. */
export function tarOf(items: Iterable<TarItem>): Buffer {
  const pieces: Buffer[] = [];
  for (const block of tarBlocks([...items])) pieces.push(Buffer.from(block));
  return Buffer.concat(pieces);
}

export interface Seen {
  readonly entry: TarEntry;
  readonly position: EntryPosition;
  readonly data: Buffer;
}

/** Everything a parser says about a tar fed in pieces of `size` bytes. */
export function parse(tar: Uint8Array, size = tar.length + 1): Seen[] {
  const seen: Seen[] = [];
  let current: { entry: TarEntry; position: EntryPosition; pieces: Buffer[] } | undefined;
  const handler: TarHandler = {
    entry(found, position) {
      if (current !== undefined) throw new Error("the entry before has not ended");
      current = { entry: found, position, pieces: [] };
    },
    data(piece) {
      current!.pieces.push(Buffer.from(piece));
    },
    entryEnd() {
      seen.push({ entry: current!.entry, position: current!.position, data: Buffer.concat(current!.pieces) });
      current = undefined;
    },
  };
  const parser = new TarParser(handler, "test.tar");
  for (let at = 0; at < tar.length; at += size) parser.feed(tar.subarray(at, at + size));
  parser.end();
  return seen;
}

/** The code of what `run` throws. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? `untyped: ${String(error)}`;
  }
  return "accepted";
}

/** Sets bytes of a header and makes its checksum right again. */
export function patchHeader(
  tar: Buffer,
  header: number,
  changes: Record<number, Uint8Array | string>,
): Buffer {
  const patched = Buffer.from(tar);
  for (const [offset, bytes] of Object.entries(changes))
    Buffer.from(bytes).copy(patched, header + Number(offset));
  patched.fill(0x20, header + 148, header + 156);
  let sum = 0;
  for (let index = header; index < header + 512; index++) sum += patched[index]!;
  patched.write(`${sum.toString(8).padStart(6, "0")}\0 `, header + 148, "latin1");
  return patched;
}

/** A raw header and body for what our writer never writes. */
export function rawEntry(
  name: string,
  type: string,
  body: Uint8Array = Buffer.alloc(0),
  size = body.length,
): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, "utf8");
  header.write(["0000644", "0000000", "0000000", ""].join("\0"), 100, "latin1");
  header.write([size.toString(8).padStart(11, "0"), "00000000000", ""].join("\0"), 124, "latin1");
  header.write(type, 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const padded = Buffer.alloc(Math.ceil(body.length / 512) * 512);
  padded.set(body);
  return Buffer.concat([patchHeader(header, 0, {}), padded]);
}

/** A PAX record with its length. */
export function paxRecord(key: string, value: Uint8Array | string): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

export const END = Buffer.alloc(1024);
