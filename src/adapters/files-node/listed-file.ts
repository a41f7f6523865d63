import type { Stats } from "node:fs";
import type { HostPlace } from "../../archive/held-directory.js";
import type { HostFile, HostStamp, SourceEntry } from "../../ports/file-source.js";

/**
 * A file of a host folder and its own stamp: one object and no text of its own but the name, because a context may
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
