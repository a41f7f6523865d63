import type { BigIntStats } from "node:fs";
import { MOST_FILE_BYTES } from "../../archive/entry-header.js";
import { HeldDirectory, type HostPlace, hostText } from "../../archive/held-directory.js";
import type { FileGuard, HostContent, TarEntry, TarItem } from "../../archive/tar-entry.js";
import { compareBytes, pathFromBytes } from "../../core/bytes.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { unreadable } from "./host-range.js";
import { readCapabilities } from "./read-capabilities.js";

/**
 * The entries of a root file system that is a folder, in byte order: owners, modes, links, devices and capabilities
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
