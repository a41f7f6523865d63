import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  type Stats,
  statSync,
} from "node:fs";
import { hasEscapedBytes, pathToBytes } from "../core/bytes.js";

const DIRECTORY = (constants.O_DIRECTORY ?? 0) | constants.O_RDONLY;
/** Linux's O_PATH, which Node does not name: a directory that may be passed through but not listed is held too. */
const PATH_ONLY = process.platform === "linux" ? 0o10000000 : 0;
/** Flags that open the next directory on the way and never a link. */
const BELOW = DIRECTORY | PATH_ONLY | (constants.O_NOFOLLOW ?? 0);

/** Directories on the way down that stay open at a time. */
const MOST_OPEN = 4;
/** Directories that are held at a time. One that was closed for others is opened again when it is still the same. */
const MOST_HELD = 8;

/** A directory on the way to the place that was reached last; closed where the way is longer than `MOST_OPEN`. */
interface OpenDirectory {
  readonly name: string;
  fd: number | undefined;
}

/**
 * A directory of the host that stays open. All below it is reached from the open directory, name by name and through
 * no link, so that a directory that is swapped for a link while it is read leads nowhere. On Linux that goes through
 * `/proc/self/fd`; elsewhere paths are opened by name, and the directories on the way are compared before and after.
 */
export class HeldDirectory {
  /** The path that messages name. */
  readonly path: string;
  readonly #open: Descriptors | undefined;
  /** The directory's identity when it was opened, where it cannot be held. */
  readonly #identity: string;

  private constructor(path: string, open: Descriptors | undefined, identity: string) {
    this.path = path;
    this.#open = open;
    this.#identity = identity;
  }

  /**
   * Opens a directory; links on the way to it are followed, since the user named it so. Throws as Node does.
   *
   * @param byDescriptor false to compare directories instead of holding them, as on hosts without `/proc`
   */
  static open(path: string, byDescriptor = process.platform === "linux"): HeldDirectory {
    if (byDescriptor) {
      const open = new Descriptors(path);
      const { identity } = open;
      if (identityAt(`${open.reach(undefined)}/.`) === identity)
        return new HeldDirectory(path, open, identity);
      open.close();
    }
    const stats = statSync(path);
    if (!stats.isDirectory()) throw systemError("ENOTDIR", path);
    return new HeldDirectory(path, undefined, identityOf(stats));
  }

  /** The directory itself, as the place that all others are reached from. */
  get top(): HostPlace {
    return new HostPlace(this, undefined, "");
  }

  /** Lets go of the directories below, so that the next look finds what is there now. */
  release(): void {
    this.#open?.release();
  }

  /** Does something with a name in a directory below: the path that it is given leads through no link. */
  within<Result>(place: HostPlace, act: (prefix: string | Buffer) => Result): Result {
    if (this.#open !== undefined) return act(this.#open.reach(place));
    const before = this.#chain(place.names);
    const result = act(place.path);
    if (this.#chain(place.names) === before) return result;
    throw systemError("ENOTDIR", place.path);
  }

  /** Which directories lead to a place. */
  #chain(names: readonly string[]): string {
    let path: string | Buffer = this.path;
    let chain = identityOf(statSync(path));
    if (chain !== this.#identity) throw systemError("ENOTDIR", path);
    for (const name of names) {
      path = hostChild(path, name);
      const stats = lstatSync(path);
      if (!stats.isDirectory()) throw systemError("ENOTDIR", path);
      chain += `/${identityOf(stats)}`;
    }
    return chain;
  }
}

/** A place in a directory that is held: itself, or something below that was reached by names alone. */
export class HostPlace {
  readonly #top: HeldDirectory;
  /** The directory that it is in; undefined for the directory that is held. */
  readonly parent: HostPlace | undefined;
  readonly name: string;

  constructor(top: HeldDirectory, parent: HostPlace | undefined, name: string) {
    this.#top = top;
    this.parent = parent;
    this.name = name;
  }

  child(name: string): HostPlace {
    return new HostPlace(this.#top, this, name);
  }

  /** The names that lead here. */
  get names(): string[] {
    const names: string[] = [];
    for (let at: HostPlace = this; at.parent !== undefined; at = at.parent) names.push(at.name);
    return names.reverse();
  }

  /** The path that messages name; nothing is opened by it. */
  get path(): string | Buffer {
    return this.parent === undefined ? this.#top.path : hostChild(this.parent.path, this.name);
  }

  /** The `lstat` of this place. */
  stats(): Stats {
    return this.parent === undefined
      ? this.#top.within(this, (prefix) => statSync(prefix))
      : this.parent.statsOf(this.name);
  }

  /** The `lstat` of a name in this directory. */
  statsOf(name: string): Stats {
    return this.#top.within(this, (prefix) => lstatSync(hostChild(prefix, name)));
  }

  /** The same in whole numbers, for inodes and devices beyond 53 bits. */
  wholeStatsOf(name: string): BigIntStats {
    return this.#top.within(this, (prefix) => lstatSync(hostChild(prefix, name), { bigint: true }));
  }

  /** The names in this directory as text, in no order. */
  listText(): string[] {
    return this.#top.within(this, (prefix) => readdirSync(prefix, { encoding: "utf8" }));
  }

  /** The names in this directory as bytes, in no order. */
  listBytes(): Buffer[] {
    return this.#top.within(this, (prefix) => readdirSync(prefix, { encoding: "buffer" }));
  }

  /** The bytes of the link of this name in this directory. */
  targetOf(name: string): Buffer {
    return this.#top.within(this, (prefix) => readlinkSync(hostChild(prefix, name), { encoding: "buffer" }));
  }

  /** Opens a name in this directory. */
  openFile(name: string, flags: number): number {
    let fd: number | undefined;
    try {
      return this.#top.within(this, (prefix) => {
        fd = openSync(hostChild(prefix, name), flags);
        return fd;
      });
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      throw error;
    }
  }
}

/** The open directories of a `HeldDirectory`: itself, and the way to the place that was reached last. */
class Descriptors {
  /** Those that have something open, the one that was used last at the end. */
  static readonly #inUse = new Set<Descriptors>();
  readonly #path: string;
  readonly #identity: string;
  #top: number | undefined;
  readonly #way: OpenDirectory[] = [];
  #reached: { readonly place: HostPlace | undefined; readonly path: string } | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#top = openSync(path, DIRECTORY | PATH_ONLY);
    this.#identity = identityOf(fstatSync(this.#top));
    this.#use();
  }

  get identity(): string {
    return this.#identity;
  }

  /** The path of a place's open directory; without a place, of the directory that is held. Good until the next call. */
  reach(place: HostPlace | undefined): string {
    if (this.#reached !== undefined && place === this.#reached.place) return this.#reached.path;
    this.#use();
    const path = descriptorPath(this.#walk(place?.names ?? []));
    this.#reached = { place, path };
    return path;
  }

  /** The descriptor of the directory that names lead to. */
  #walk(names: readonly string[]): number {
    let same = 0;
    while (same < names.length && this.#way[same]?.name === names[same]) same++;
    while (same > 0 && this.#way[same - 1]!.fd === undefined) same--;
    this.#closeFrom(same);
    let fd = same === 0 ? this.#topDescriptor() : this.#way[same - 1]!.fd!;
    for (const name of names.slice(same)) {
      fd = openSync(hostChild(descriptorPath(fd), name), BELOW);
      this.#way.push({ name, fd });
      const far = this.#way[this.#way.length - 1 - MOST_OPEN];
      if (far?.fd === undefined) continue;
      closeSync(far.fd);
      far.fd = undefined;
    }
    return fd;
  }

  release(): void {
    this.#closeFrom(0);
  }

  close(): void {
    Descriptors.#inUse.delete(this);
    this.release();
    if (this.#top !== undefined) closeSync(this.#top);
    this.#top = undefined;
  }

  /** Opens the directory again that was closed for others, if it is still the same one. */
  #topDescriptor(): number {
    if (this.#top !== undefined) return this.#top;
    const fd = openSync(this.#path, DIRECTORY | PATH_ONLY);
    if (identityOf(fstatSync(fd)) !== this.#identity) {
      closeSync(fd);
      throw systemError("ENOTDIR", this.#path);
    }
    this.#top = fd;
    return fd;
  }

  /** Notes the use; a program that reads ever more directories still has few of them open. */
  #use(): void {
    const all = Descriptors.#inUse;
    all.delete(this);
    all.add(this);
    if (all.size <= MOST_HELD) return;
    for (const oldest of all) {
      oldest.close();
      return;
    }
  }

  #closeFrom(depth: number): void {
    this.#reached = undefined;
    for (const { fd } of this.#way.splice(depth)) if (fd !== undefined) closeSync(fd);
  }
}

/** The directory of this process's descriptors, once it is known. */
let descriptors: string | undefined;

/** The path of what a descriptor has open. Without the link at `/proc/self`, which the kernel would read at each call. */
function descriptorPath(fd: number): string {
  descriptors ??= `/proc/${ownNumber()}/fd/`;
  return descriptors + fd;
}

/** The number that this process has in the `/proc` that is mounted here, be it that of another namespace. */
function ownNumber(): string {
  try {
    return readlinkSync("/proc/self");
  } catch {
    return "self";
  }
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function identityAt(path: string): string | undefined {
  try {
    return identityOf(statSync(path));
  } catch {
    return undefined;
  }
}

function systemError(code: string, path: string | Buffer): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

/** The path of a name in a host directory: text where that names the file, bytes where the name is not UTF-8. */
function hostChild(folder: string | Buffer, name: string): string | Buffer {
  if (typeof folder === "string" && !hasEscapedBytes(name)) {
    return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
  }
  const parent = typeof folder === "string" ? Buffer.from(folder) : folder;
  return Buffer.concat([parent, Buffer.from("/"), pathToBytes(name)]);
}

/** A host path as people read it. */
export function hostText(path: string | Buffer): string {
  return typeof path === "string" ? path : path.toString("utf8");
}
