import { encodeHeader } from "../../archive/entry-header.js";
import { IntegrityError } from "../../errors/layerwright-error.js";
import type { ByteSink } from "./byte-sink.js";
import type { OutputBlob } from "./image-set.js";

const BLOCK = 512;
const ZEROS = Buffer.alloc(2 * BLOCK);

/** A small file of an archive. */
export interface SmallFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes an image archive: an uncompressed ustar, owner 0:0, times zero, the small documents first, then the blobs.
 * Each blob must have the bytes that its descriptor says; whether they are the right ones, their source has checked.
 */
export async function writeArchive(
  sink: ByteSink,
  documents: readonly SmallFile[],
  blobs: readonly OutputBlob[],
): Promise<void> {
  for (const path of ["blobs", "blobs/sha256"]) await sink.write(header("folder", path, 0o755, 0));
  for (const { path, bytes } of documents) {
    await sink.write(header("file", path, 0o644, bytes.length));
    await sink.write(bytes);
    await sink.write(padding(bytes.length));
  }
  for (const blob of blobs) {
    await sink.write(header("file", `blobs/sha256/${blob.digest.slice("sha256:".length)}`, 0o644, blob.size));
    await writeBlob(sink, blob);
    await sink.write(padding(blob.size));
  }
  await sink.write(ZEROS);
  await sink.finish();
}

/** Writes a blob's bytes and checks their number. */
export async function writeBlob(sink: ByteSink, blob: OutputBlob): Promise<void> {
  let size = 0;
  const count = (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > blob.size) throw wrongSize(blob, `it has more than ${blob.size} bytes`);
  };
  if (blob.pump !== undefined && sink.immediate) {
    await blob.pump((chunk) => {
      count(chunk);
      void sink.write(chunk);
    });
    if (size < blob.size) throw wrongSize(blob, `it has ${size} bytes, not ${blob.size}`);
    return;
  }
  for await (const chunk of blob.bytes()) {
    count(chunk);
    const wait = sink.write(chunk);
    // Awaiting nothing would still cost a turn of the event loop for each megabyte.
    if (wait !== undefined) await wait;
  }
  if (size < blob.size) throw wrongSize(blob, `it has ${size} bytes, not ${blob.size}`);
}

function wrongSize(blob: OutputBlob, reason: string): IntegrityError<"OUTPUT_BLOB_WRONG"> {
  return new IntegrityError("OUTPUT_BLOB_WRONG", { digest: blob.digest, reason }, { subject: blob.digest });
}

function header(type: "file" | "folder", path: string, mode: number, size: number): Uint8Array {
  return encodeHeader({ type, path, mode, uid: 0, gid: 0, size, mtime: 0 });
}

function padding(size: number): Uint8Array {
  return ZEROS.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}
