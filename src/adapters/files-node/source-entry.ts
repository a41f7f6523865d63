import type { Stats } from "node:fs";
import type { HostPlace } from "../../archive/held-directory.js";
import { pathFromBytes } from "../../core/bytes.js";
import type { HostFile, HostStamp, SourceEntry } from "../../ports/file-source.js";
import { sourceFailure, specialFile } from "./context-root.js";

/** The `lstat` of a name in a directory, with a coded error when it fails. */
export function lookAt(place: HostPlace, name: string): Stats {
  try {
    return place.statsOf(name);
  } catch (error) {
    throw sourceFailure(place.child(name).path, error);
  }
}

/** The `lstat` of a path; undefined where there is nothing of this name. */
export function statsOrNothing(place: HostPlace): Stats | undefined {
  try {
    return place.stats();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw sourceFailure(place.path, error);
  }
}

/**
 * The entry of a file, directory or link; undefined for a socket, which belongs to a running program and means nothing
 * in an image. Pipes and devices are refused: opening one could wait for ever.
 *
 * @param place the directory that it is in
 * @param shown the name in the listing: empty for the source itself
 */
export function sourceEntry(
  parent: ListedEntry | undefined,
  place: HostPlace,
  name: string,
  stats: Stats,
  shown = name,
): ListedEntry | undefined {
  const host = new ListedFile(place, name, stats);
  const type = entryType(host, stats);
  if (type === undefined) return undefined;
  const target = type === "symlink" ? linkTarget(place, name) : undefined;
  return new ListedEntry(parent, shown, type, stats.mode & 0o7777, target, host);
}

function entryType(host: ListedFile, stats: Stats): SourceEntry["type"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isSocket()) return undefined;
  throw specialFile(host.path, stats.isFIFO() ? "named pipe" : "device");
}

/** The text of a link, byte for byte. */
export function linkTarget(place: HostPlace, name: string): string {
  try {
    return pathFromBytes(place.targetOf(name));
  } catch (error) {
    throw sourceFailure(place.child(name).path, error);
  }
}

/**
 * A file of a host directory and its own stamp: one object and no text of its own but the name, because a context may
 * have hundreds of thousands, and what is kept of each is what a build's memory is made of.
 */
export class ListedFile implements HostFile, HostStamp {
  readonly ino: number;
  readonly dev: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** True when the file has other names, here or elsewhere. */
  readonly linked: boolean;
  readonly #place: HostPlace;
  readonly #name: string;

  /** @param place the directory that it is in */
  constructor(place: HostPlace, name: string, stats: Stats) {
    this.#place = place;
    this.#name = name;
    this.ino = stats.ino;
    this.dev = stats.dev;
    this.size = stats.size;
    this.mtimeMs = stats.mtimeMs;
    this.ctimeMs = stats.ctimeMs;
    this.linked = stats.nlink > 1;
  }

  get kind(): "file" {
    return "file";
  }

  get path(): string | Buffer {
    return this.#place.child(this.#name).path;
  }

  /** Opens it below the directory of the context, through no link. */
  open(flags: number): number {
    return this.#place.openFile(this.#name, flags);
  }

  get guard(): HostStamp {
    return this;
  }
}

/** One entry of a listing; its path is put together when somebody asks for it. */
export class ListedEntry implements SourceEntry {
  readonly parent: ListedEntry | undefined;
  readonly name: string;
  readonly type: SourceEntry["type"];
  readonly mode: number;
  readonly target: string | undefined;
  readonly host: ListedFile;

  constructor(
    parent: ListedEntry | undefined,
    name: string,
    type: SourceEntry["type"],
    mode: number,
    target: string | undefined,
    host: ListedFile,
  ) {
    this.parent = parent;
    this.name = name;
    this.type = type;
    this.mode = mode;
    this.target = target;
    this.host = host;
  }

  get path(): string {
    return this.parent === undefined ? this.name : `${this.parent.path}/${this.name}`;
  }

  get linked(): boolean {
    return this.type === "file" && this.host.linked;
  }

  get size(): number {
    return this.type === "file" ? this.host.size : 0;
  }
}
