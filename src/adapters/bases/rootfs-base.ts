import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, openSync, realpathSync, statSync, writeSync } from "node:fs";
import { MOST_FILE_BYTES } from "../../archive/entry-header.js";
import { HeldDirectory, type HostPlace, hostText } from "../../archive/held-directory.js";
import { tarBlocks } from "../../archive/tar-blocks.js";
import type { FileGuard, HostContent, TarEntry, TarItem } from "../../archive/tar-entry.js";
import { TarParser } from "../../archive/tar-parser.js";
import { compareBytes, pathFromBytes } from "../../core/bytes.js";
import { EnvironmentError, isLayerwrightError, PlanError } from "../../errors/layerwright-error.js";
import { type Digest, isDigest } from "../../oci/digest.js";
import { invalid } from "../../oci/documents.js";
import type { ImageConfig, RuntimeConfig } from "../../oci/image-config.js";
import { mediaType } from "../../oci/manifest.js";
import type { Platform } from "../../oci/platform.js";
import type { BlobStore, ScratchFile } from "../../ports/blob-store.js";
import { layerAt, MAGIC_LENGTH, magicOf } from "./base-layers.js";
import { NotAFile, openRegular, readRange, streamRange, unreadable } from "./image-files.js";
import type { FoundImage } from "./stored-images.js";

/** A root file system as an image of one layer. A tar is the layer as it is; a directory is packed into one. */
export async function openRootfs(
  base: string,
  platform: Platform,
  config: RuntimeConfig | undefined,
  tools: BaseTools,
): Promise<FoundImage & { close(): Promise<void> }> {
  const folder = kindOfPath(base) === "folder";
  const file = folder ? await packFolder(base, tools) : await openTar(base, tools);
  try {
    const diffId =
      folder || file.path !== base ? await readThrough(base, file) : await digestOf(base, file, tools);
    const range = { path: file.path, offset: 0, size: file.size };
    const descriptor = { mediaType: mediaType.ociLayer, digest: diffId, size: file.size };
    const layer = layerAt(base, descriptor, diffId, range);
    return { config: configOf(platform, config, diffId), layers: [layer], close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function packFolder(base: string, tools: BaseTools): Promise<PlainFile> {
  const scratch = await tools.store.scratchFile();
  try {
    const size = await writeScratch(scratch.path, tarBlocks(await listRootfs(base)));
    return { path: scratch.path, size, close: () => scratch.dispose() };
  } catch (error) {
    await scratch.dispose();
    throw error;
  }
}

/** The digest of a plain tar that lies on disk: read once, and again when the file is another one. */
async function digestOf(base: string, file: PlainFile, { store }: BaseTools): Promise<Digest> {
  const known = await recallTar(base, store);
  if (known !== undefined) return known;
  const stamp = stampOf(base);
  const digest = await readThrough(base, file);
  await rememberTar(base, digest, stamp, store);
  return digest;
}

/** Reads a tar once: its digest, and whether it can be the one layer of an image. */
async function readThrough(base: string, file: PlainFile): Promise<Digest> {
  const hash = createHash("sha256");
  const parser = new TarParser(
    {
      entry({ path }) {
        if (!/(?:^|\/)\.wh\./.test(path)) return;
        const reason = "has a name that layers use to say that a file is removed";
        throw invalid(base, `the entry ${JSON.stringify(path)}`, reason);
      },
    },
    base,
  );
  for await (const chunk of streamRange(
    { path: file.path, offset: 0, size: file.size },
    { transient: true },
  )) {
    hash.update(chunk);
    parser.feed(chunk);
  }
  parser.end();
  return `sha256:${hash.digest("hex")}`;
}

function configOf(platform: Platform, config: RuntimeConfig | undefined, diffId: Digest): ImageConfig {
  const { os, architecture, variant } = platform;
  return {
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    ...(config === undefined ? {} : { config }),
    rootfs: { type: "layers", diff_ids: [diffId] },
  };
}

/**
 * The entries of a root file system that is a directory, in byte order: owners, modes, links, devices and capabilities
 * as they are, times zero. Sockets are left out, because they mean nothing without the process that listens.
 */
export async function listRootfs(root: string): Promise<TarItem[]> {
  const found: Found[] = [];
  list(hold(root), "", found);
  found.sort((left, right) => compareBytes(left.path, right.path));
  const capabilities = await readCapabilities(root);
  const firstNames = new Map<string, string>();
  return found.map((one) => {
    try {
      return toItem(one, firstNames, capabilities);
    } catch (error) {
      if (error instanceof PlanError) throw error;
      throw unreadable(hostText(one.place.path), error);
    }
  });
}

interface Found {
  readonly path: string;
  readonly place: HostPlace;
  readonly stat: BigIntStats;
}

/** Opens the directory, which stays open until its files are packed: see `HeldDirectory`. */
function hold(root: string): HostPlace {
  try {
    return HeldDirectory.open(root).top;
  } catch (error) {
    throw unreadable(root, error);
  }
}

function list(place: HostPlace, path: string, found: Found[]): void {
  let names: Buffer[];
  try {
    const stat = path === "" ? place.wholeStatsOf(".") : place.parent!.wholeStatsOf(place.name);
    // The root itself is as every unpacker makes it anyway, unless somebody gave it another mode or owner.
    const plainRoot = path === "" && (stat.mode & 0o7777n) === 0o755n && stat.uid === 0n && stat.gid === 0n;
    if (!stat.isSocket() && !plainRoot) found.push({ path, place, stat });
    if (!stat.isDirectory()) return;
    names = place.listBytes();
  } catch (error) {
    throw unreadable(hostText(place.path), error);
  }
  for (const bytes of names) {
    const name = pathFromBytes(bytes);
    list(place.child(name), path === "" ? name : `${path}/${name}`, found);
  }
}

function toItem(
  { path, place, stat }: Found,
  firstNames: Map<string, string>,
  capabilities: ReadonlyMap<string, Uint8Array>,
): TarItem {
  const mode = Number(stat.mode & 0o7777n);
  const base = { path, mode, uid: Number(stat.uid), gid: Number(stat.gid), size: 0, mtime: 0 };
  if (stat.isDirectory()) return { entry: { ...base, type: "folder" } };
  if (stat.nlink > 1n) {
    const inode = `${stat.dev} ${stat.ino}`;
    const first = firstNames.get(inode);
    if (first !== undefined) return { entry: { ...base, type: "hardlink", linkname: first } };
    firstNames.set(inode, path);
  }
  if (stat.isSymbolicLink()) {
    const linkname = pathFromBytes(place.parent!.targetOf(place.name));
    return { entry: { ...base, mode: 0o777, type: "symlink", linkname } };
  }
  if (stat.isFile()) return fileItem(base, place, stat, capabilities.get(path));
  const type = stat.isFIFO() ? "fifo" : stat.isBlockDevice() ? "block-device" : "character-device";
  return { entry: { ...base, type, ...(type === "fifo" ? {} : deviceNumbers(stat.rdev)) } };
}

function fileItem(
  base: Omit<TarEntry, "type">,
  place: HostPlace,
  stat: BigIntStats,
  capability: Uint8Array | undefined,
): TarItem {
  const size = Number(stat.size);
  if (size > MOST_FILE_BYTES) {
    const file = hostText(place.path);
    throw new PlanError("SOURCE_TOO_LARGE", { path: file, size, limit: MOST_FILE_BYTES }, { subject: file });
  }
  const xattrs = capability === undefined ? undefined : { "security.capability": capability };
  const entry: TarEntry = { ...base, type: "file", size, ...(xattrs && { xattrs }) };
  // The same rounding as when the file is opened: there the times come as floating-point milliseconds.
  const mtimeMs = place.stats().mtimeMs;
  const guard = { ino: Number(stat.ino), dev: Number(stat.dev), mtimeMs, size };
  return { entry, content: contentOf(place, guard) };
}

function contentOf(place: HostPlace, guard: FileGuard): HostContent {
  const open = (flags: number) => place.parent!.openFile(place.name, flags);
  return { kind: "file", path: place.path, open, guard };
}

/** Linux's packing of a device's numbers (`gnu_dev_major`, `gnu_dev_minor`). */
function deviceNumbers(rdev: bigint): { devmajor: number; devminor: number } {
  const devmajor = Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n));
  const devminor = Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n));
  return { devmajor, devminor };
}

/**
 * The `security.capability` of the files below a directory, by path. Node cannot read extended attributes, so
 * `getfattr` does it where it is installed; without it there are none, as for every tool that copies files plainly.
 */
async function readCapabilities(root: string): Promise<ReadonlyMap<string, Uint8Array>> {
  if (process.platform !== "linux") return new Map();
  const args = ["-R", "-P", "-h", "-e", "hex", "-n", "security.capability", "--", "."];
  const text = await new Promise<string>((resolve) => {
    // It ends with status 1 whenever some file has none, so only its output counts.
    execFile(
      "getfattr",
      args,
      { cwd: root, maxBuffer: 64 << 20, env: { ...process.env, LC_ALL: "C" } },
      (_, out) => resolve(out ?? ""),
    );
  });
  return parseGetfattr(text);
}

/** Reads what `getfattr -e hex` prints: `# file: path`, then `name=0x...`. Odd bytes of paths are `\ooo`. */
export function parseGetfattr(text: string): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let path: string | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("# file: ")) path = unescapeOctal(line.slice("# file: ".length)).replace(/^\.\//, "");
    const hex = /^security\.capability=0x((?:[0-9a-f]{2})+)$/.exec(line)?.[1];
    if (hex !== undefined && path !== undefined) found.set(path, Uint8Array.from(Buffer.from(hex, "hex")));
  }
  return found;
}

function unescapeOctal(text: string): string {
  const bytes = Buffer.from(
    text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    "latin1",
  );
  return pathFromBytes(bytes);
}

const KIND = "rootfs-tar-1";

/** A file that was written to so shortly ago could change again and leave the same stamp. */
const SETTLING_MS = 2000;

/** The digest of a tar that was read before and is the same file still; undefined when it has to be read. */
export async function recallTar(path: string, store: BlobStore): Promise<Digest | undefined> {
  const known = (await store.getRecord(KIND, path)) as { stamp?: unknown; digest?: unknown } | undefined;
  const stamp = stampOf(path);
  if (stamp === undefined || known?.stamp !== stamp) return undefined;
  return isDigest(known.digest) ? known.digest : undefined;
}

/** Remembers the digest of a tar. `stamp` is from before it was read. */
export async function rememberTar(
  path: string,
  digest: Digest,
  stamp: string | undefined,
  store: BlobStore,
): Promise<void> {
  if (stamp !== undefined && stamp === stampOf(path)) await store.putRecord(KIND, path, { stamp, digest });
}

/** A text that tells one state of a file from another; undefined while it may still change unseen. */
export function stampOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || Date.now() - Number(stat.ctimeMs) < SETTLING_MS) return undefined;
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
}

/** Undoes gzip or zstd, told by the first bytes; throws coded errors for damage and bombs. */
export type Decompress = (bytes: AsyncIterable<Uint8Array>, archive: string) => AsyncIterable<Uint8Array>;

/** The means to open bases. */
export interface BaseTools {
  readonly store: BlobStore;
  readonly decompress: Decompress;
}

/** A plain tar on disk: the user's own file, or a scratch file where that was compressed. */
export interface PlainFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Removes the scratch file, if there is one. */
  close(): Promise<void>;
}

/** The kind of what is at the path of a base. Follows a symbolic link of the user's. */
export function kindOfPath(path: string): "folder" | "file" {
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new EnvironmentError("BASE_NOT_FOUND", { path }, { subject: path, cause: error });
    }
    throw unreadable(path, error);
  }
  if (stat.isDirectory()) return "folder";
  if (stat.isFile()) return "file";
  throw unreadable(path, "it is neither a file nor a folder");
}

/** Makes a tar readable at any offset: unpacks it into a scratch file when it is compressed. */
export async function openTar(path: string, tools: BaseTools): Promise<PlainFile> {
  // The user may have named it by a link; what it is then must not become another file meanwhile.
  const real = realpathSync(path);
  const opened = openRegular(real);
  if (opened === undefined) throw new EnvironmentError("BASE_NOT_FOUND", { path }, { subject: path });
  if (opened instanceof NotAFile) throw unreadable(path, `it ${opened.reason}`);
  const { fd, size } = opened;
  closeSync(fd);
  const range = { path: real, offset: 0, size };
  const magic = magicOf(readRange({ ...range, size: Math.min(MAGIC_LENGTH, size) }));
  if (magic === "none") return { path: real, size, close: async () => {} };
  if (magic !== "gzip" && magic !== "zstd") {
    const reason = `it is compressed with ${magic}; gzip and zstd can be read`;
    throw new PlanError("BASE_UNSUPPORTED", { path, reason }, { subject: path });
  }
  const scratch: ScratchFile = await tools.store.scratchFile();
  try {
    const written = await writeScratch(scratch.path, tools.decompress(streamRange(range), path));
    return { path: scratch.path, size: written, close: () => scratch.dispose() };
  } catch (error) {
    await scratch.dispose();
    throw error;
  }
}

/** Writes bytes into an existing scratch file and gives their number. */
async function writeScratch(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  const fd = openSync(path, "r+");
  let size = 0;
  try {
    for await (const chunk of bytes) {
      for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done);
      size += chunk.length;
    }
    return size;
  } catch (error) {
    throw scratchError(error, path);
  } finally {
    closeSync(fd);
  }
}

function scratchError(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (isLayerwrightError(error) || syscall !== "write") return error;
  const context = { subject: path, cause: error };
  if (code === "ENOSPC" || code === "EDQUOT") return new EnvironmentError("DISK_FULL", { path }, context);
  return new EnvironmentError(
    "STORE_FAILED",
    { path, action: "write", reason: code ?? String(error) },
    context,
  );
}
