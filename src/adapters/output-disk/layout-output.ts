import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { digestHex } from "../../oci/digest.js";
import type { FinishedImage } from "../../ports/image-output.js";
import { realDisk } from "../store-dir/disk-calls.js";
import { renamePatiently, syncFolder } from "../store-dir/durable.js";
import { newOwnedName } from "../store-dir/owner-mark.js";
import { OCI_LAYOUT } from "./archive-documents.js";
import { removeDeadTemps, TEMP_PREFIX } from "./atomic-file.js";
import { type ByteSink, fileSink } from "./byte-sink.js";
import { imageSet, type OutputBlob } from "./image-set.js";
import { extendIndex, readLayoutIndex } from "./layout-index.js";
import { withLock } from "./layout-lock.js";
import { outputError } from "./output-error.js";
import { writeBlob } from "./tar-output.js";

/**
 * Adds images to an OCI layout in a folder, which is made where there is none. Blobs come first, flushed and renamed;
 * the index that names them last, under a lock, so that writers at the same time lose no tag of each other.
 */
export async function writeLayout(folder: string, images: readonly FinishedImage[]): Promise<void> {
  const { manifests, blobs } = imageSet(images);
  try {
    await prepareLayout(folder);
    removeDeadTemps(folder);
    let added = false;
    for (const blob of blobs) added = (await addBlob(folder, blob)) || added;
    if (added) await syncFolder(realDisk, join(folder, "blobs", "sha256"));
    const place = join(folder, "index.json");
    await withLock(`${place}.lock`, folder, async () => {
      const text = extendIndex(readLayoutIndex(place, folder), manifests);
      await writeDurably(folder, place, async (sink) => void (await sink.write(Buffer.from(text))));
      await syncFolder(realDisk, folder);
    });
  } catch (error) {
    throw outputError(error, folder);
  }
}

async function prepareLayout(folder: string): Promise<void> {
  const stat = statSync(folder, { throwIfNoEntry: false });
  const refuse = (reason: string) =>
    new EnvironmentError("LAYOUT_INVALID", { path: folder, reason }, { subject: folder });
  if (stat !== undefined && !stat.isDirectory()) throw refuse("it is a file");
  const marker = join(folder, "oci-layout");
  if (statSync(marker, { throwIfNoEntry: false }) === undefined) {
    const names = stat === undefined ? [] : readdirSync(folder);
    const foreign = names.filter((name) => !name.startsWith(TEMP_PREFIX) && name !== "blobs");
    // Another writer may just be making the same layout.
    const made = statSync(marker, { throwIfNoEntry: false }) !== undefined;
    if (foreign.length > 0 && !made)
      throw refuse(`it holds ${JSON.stringify(foreign[0])} and no file oci-layout`);
    mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
    await writeDurably(folder, marker, async (sink) => void (await sink.write(Buffer.from(OCI_LAYOUT))));
    return;
  }
  mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
  if (versionOf(marker) !== "1.0.0") throw refuse("its version is not 1.0.0");
}

function versionOf(marker: string): unknown {
  try {
    return (JSON.parse(readFileSync(marker, "utf8")) as { imageLayoutVersion?: unknown }).imageLayoutVersion;
  } catch {
    return undefined;
  }
}

/** Writes a blob unless the right one is there. */
async function addBlob(folder: string, blob: OutputBlob): Promise<boolean> {
  const place = join(folder, "blobs", "sha256", digestHex(blob.digest));
  if (isRight(place, blob)) return false;
  await writeDurably(folder, place, (sink) => writeBlob(sink, blob));
  return true;
}

function isRight(place: string, blob: OutputBlob): boolean {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size !== blob.size) return false;
  const fd = openSync(place, "r");
  try {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer))
      hash.update(buffer.subarray(0, got));
    return hash.digest("hex") === digestHex(blob.digest);
  } finally {
    closeSync(fd);
  }
}

async function writeDurably(
  folder: string,
  place: string,
  write: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  const temp = join(folder, TEMP_PREFIX + newOwnedName());
  const fd = openSync(temp, "wx", 0o666);
  try {
    try {
      const sink = fileSink(fd);
      await write(sink);
      await sink.finish();
      await realDisk.fsync(fd);
    } finally {
      closeSync(fd);
    }
    await renamePatiently(realDisk, temp, place);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
}
