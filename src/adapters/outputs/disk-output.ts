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
import type { Writable } from "node:stream";
import { encodeHeader } from "../../archive/entry-header.js";
import { canonicalJson } from "../../core/json.js";
import {
  DefinitionError,
  EnvironmentError,
  IntegrityError,
  PlanError,
} from "../../errors/layerwright-error.js";
import { type Digest, digestHex, isDigest } from "../../oci/digest.js";
import { type Descriptor, mediaType } from "../../oci/manifest.js";
import type { FinishedImage, ImageOutput } from "../../ports/image-output.js";
import {
  type ByteSink,
  fileSink,
  guardStream,
  outputError,
  removeDeadTemps,
  streamSink,
  TEMP_PREFIX,
  writeFileAtomically,
} from "../host/atomic-file.js";
import { realDisk } from "../host/disk-calls.js";
import { withLock } from "../host/owned-lock.js";
import { newOwnedName } from "../host/owner-mark.js";
import { renamePatiently, syncFolder } from "../host/plain-file.js";
import { IMAGE_NAME, imageSet, type OutputBlob, REF_NAME, tagOf } from "./image-set.js";

/** The place and the form of an output. */
interface DiskOutputOptions {
  /**
   * `archive`: what every loader takes, one platform; `oci`: an OCI layout in a tar; `layout`: an OCI layout in a
   * directory.
   */
  readonly type: "archive" | "oci" | "layout";
  /** A path, or for the two tars a stream. */
  readonly dest: string | Writable;
  /** Files that the images are made from: writing over one of them is refused. */
  readonly inputs?: readonly string[];
}

/** An output on disk or to a stream. The bytes depend on the images alone. */
export function createDiskOutput(options: DiskOutputOptions): ImageOutput {
  const { type, dest, inputs = [] } = options;
  if (type === "layout") {
    if (typeof dest !== "string") throw new TypeError("an OCI layout is a folder, not a stream");
    return { write: (images) => writeLayout(dest, images) };
  }
  return { write: (images) => writeTar(type, dest, inputs, images) };
}

async function writeTar(
  type: "archive" | "oci",
  dest: string | Writable,
  inputs: readonly string[],
  images: readonly FinishedImage[],
): Promise<void> {
  const name = typeof dest === "string" ? dest : "the output stream";
  if (type === "archive") checkLoadable(images, name);
  const { manifests, blobs } = imageSet(images);
  const documents = layoutDocuments(manifests);
  if (type === "archive") documents.push(dockerManifest(images));
  const write = (sink: ByteSink) => writeArchive(sink, documents, blobs);
  if (typeof dest === "string") return writeFileAtomically(dest, inputs, write);
  try {
    await guardStream(dest, () => write(streamSink(dest)));
  } catch (error) {
    throw outputError(error, name);
  }
}

/**
 * Adds images to an OCI layout in a directory, which is made where there is none. Blobs come first, flushed and
 * renamed; the index that names them last, under a lock, so that writers at the same time lose no tag of each other.
 */
async function writeLayout(folder: string, images: readonly FinishedImage[]): Promise<void> {
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

/** An index as it was found; what we do not know of it is kept. */
type FoundIndex = Readonly<Record<string, unknown>> & { readonly manifests: readonly Descriptor[] };

/** Reads the index of a layout that is there already; an empty one when there is none. Throws `LAYOUT_INVALID`. */
function readLayoutIndex(path: string, folder: string): FoundIndex {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: [] };
  }
  const index = tryParse(text);
  if (isIndex(index)) return index;
  // Replacing it would lose the tags that somebody may still recover.
  const reason = "its index.json is not an index of images";
  throw new EnvironmentError("LAYOUT_INVALID", { path: folder, reason }, { subject: path });
}

/** The index with images added: a descriptor of the same name goes, all others stay where they are. */
function extendIndex(index: FoundIndex, added: readonly Descriptor[]): string {
  const kept = index.manifests.filter((old) => !added.some((descriptor) => replaces(descriptor, old)));
  return canonicalJson({ ...index, manifests: [...kept, ...added] });
}

function replaces(added: Descriptor, old: Descriptor): boolean {
  const name = added.annotations?.[IMAGE_NAME];
  const oldName = old.annotations?.[IMAGE_NAME];
  const oldTag = old.annotations?.[REF_NAME];
  if (name === undefined) return oldName === undefined && oldTag === undefined && old.digest === added.digest;
  if (oldName !== undefined) return oldName === name;
  return oldTag !== undefined && (oldTag === added.annotations?.[REF_NAME] || oldTag === name);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isIndex(value: unknown): value is FoundIndex {
  if (value === null || typeof value !== "object") return false;
  const { schemaVersion, manifests } = value as { schemaVersion?: unknown; manifests?: unknown };
  return schemaVersion === 2 && Array.isArray(manifests) && manifests.every((one) => isDigest(one?.digest));
}

/** The content of the file `oci-layout` (image-spec image-layout.md). */
const OCI_LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** The documents of an OCI layout in a tar. */
function layoutDocuments(manifests: readonly Descriptor[]): SmallFile[] {
  return [
    file("oci-layout", OCI_LAYOUT),
    file("index.json", canonicalJson({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests })),
  ];
}

/** The document that `docker load` of the classic store and crane read, beside the layout's own. */
export function dockerManifest(images: readonly FinishedImage[]): SmallFile {
  const list = images.map((image) => ({
    Config: blobPath(image.config.descriptor.digest),
    RepoTags: image.references.length === 0 ? null : Array.from(new Set(image.references)),
    Layers: image.layers.map((layer) => blobPath(layer.descriptor.digest)),
  }));
  return file("manifest.json", canonicalJson(list));
}

/**
 * Refuses what some loader of the hybrid archive does not take: more than one platform (skopeo's docker-archive and
 * umoci fail), a reference that is not full (podman renames it).
 */
function checkLoadable(images: readonly FinishedImage[], path: string): void {
  const platforms = new Set(images.flatMap(({ manifest }) => platformNames(manifest.descriptor)));
  if (platforms.size > 1) {
    throw new PlanError(
      "OUTPUT_PLATFORMS",
      { path, platforms: Array.from(platforms).sort() },
      { subject: path },
    );
  }
  const owners = new Map<string, Digest>();
  for (const image of images) {
    for (const reference of image.references) {
      tagOf(reference);
      const owner = owners.get(reference) ?? image.manifest.descriptor.digest;
      owners.set(reference, owner);
      if (owner === image.manifest.descriptor.digest) continue;
      throw new DefinitionError("OUTPUT_NAME_TWICE", { reference }, { subject: reference });
    }
  }
}

function platformNames({ platform }: Descriptor): string[] {
  if (platform === undefined) return [];
  const { os, architecture, variant } = platform;
  return [variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`];
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

function file(path: string, text: string): SmallFile {
  return { path, bytes: Buffer.from(text) };
}

const BLOCK = 512;
const ZEROS = Buffer.alloc(2 * BLOCK);

/** A small file of an archive. */
interface SmallFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes an image archive: an uncompressed ustar, owner 0:0, times zero, the small documents first, then the blobs.
 * Each blob must have the bytes that its descriptor says; whether they are the right ones, their source has checked.
 */
async function writeArchive(
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
async function writeBlob(sink: ByteSink, blob: OutputBlob): Promise<void> {
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
