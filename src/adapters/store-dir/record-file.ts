import { dirname, join } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import type { DiskCalls } from "./disk-calls.js";
import { removeQuietly, renameIntoPlace, writeFully } from "./durable.js";
import { readPlainFile } from "./plain-file.js";
import { touch } from "./touch.js";

/** The version of the record format. Records of another version are as if they were not there. */
const VERSION = 1;

/** A larger file is none that was written here: the index of a layer has some hundred bytes a file. */
const MOST_BYTES = 1 << 30;

/** Where a record lies. Keys can be long and hold anything, so they are hashed. */
export function recordPath(records: string, kind: string, key: string): string {
  return join(records, kind, `${sha256Hex(key)}.json`);
}

/**
 * Reads a record: a line of JSON about it, then its value as JSON. Anything wrong with it (cut short, garbage, a
 * flipped bit, a newer version, another key, something that is no file) makes it absent: a cache never fails a build.
 */
export function readRecord(path: string, key: string): unknown {
  try {
    const bytes = readPlainFile(path, MOST_BYTES);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf("\n");
    const head = JSON.parse(bytes.toString("utf8", 0, end)) as {
      version?: unknown;
      key?: unknown;
      sha256?: unknown;
    };
    const body = bytes.subarray(end + 1);
    if (head.version !== VERSION || head.key !== key || head.sha256 !== sha256Hex(body)) return undefined;
    touch(path);
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Writes a record beside its place and renames it. It is not flushed to the disk: a record that a power cut takes
 * away, or leaves half-written, is only a cache miss.
 */
export async function writeRecord(
  disk: DiskCalls,
  temp: string,
  path: string,
  key: string,
  value: unknown,
): Promise<void> {
  // As bytes at once: a large value would else be copied for the digest and once more for the file.
  const body = Buffer.from(JSON.stringify(value));
  const head = JSON.stringify({ version: VERSION, key, sha256: sha256Hex(body) });
  const fd = disk.openSync(temp, "wx", 0o600);
  try {
    try {
      writeFully(disk, fd, Buffer.from(`${head}\n`));
      writeFully(disk, fd, body);
    } finally {
      disk.closeSync(fd);
    }
    await renameIntoPlace(disk, temp, path, dirname(temp));
  } catch (error) {
    removeQuietly(disk, temp);
    throw error;
  }
}
