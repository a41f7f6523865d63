import { IntegrityError } from "../errors/layerwright-error.js";
import { BadEntry, isMeta, MAX_META, PendingMeta, readEntry } from "./read-entry.js";
import type { TarEntry } from "./tar-entry.js";
import { BLOCK, checksumHolds, field, isZeroBlock, padding, RawHeader } from "./tar-format.js";

/** The place of an entry in the uncompressed archive, in bytes. */
export interface EntryPosition {
  /** Start of its first header, extended headers included. */
  readonly header: number;
  /** Start of its content. */
  readonly data: number;
}

/** The functions that a `TarParser` calls while it is fed. */
export interface TarHandler {
  /** A new entry, before its content. The root directory itself has the empty path. */
  entry(entry: TarEntry, position: EntryPosition): void;
  /** A piece of the current entry's content; valid during the call only. Without it contents are passed over. */
  data?(piece: Uint8Array): void;
  /** The current entry is complete. Called for entries without content too. */
  entryEnd?(): void;
}

/**
 * Reads a tar that is pushed into it in pieces of any size, synchronously. Understands v7, ustar, PAX and GNU long
 * names and base-256 numbers. Whatever a layer reader could understand in two ways is an `IntegrityError` with the
 * offset, never a guess: wrong checksums, malformed extended headers, sparse files, `..`, garbage after the end.
 */
export class TarParser {
  readonly #handler: TarHandler;
  readonly #archive: string;
  readonly #meta = new PendingMeta();
  /** Collects a header or an extended header's body that lies across pieces. */
  #partial = Buffer.alloc(BLOCK);
  #partialUsed = 0;
  #state: "header" | "data" | "meta" | "end" = "header";
  #offset = 0;
  #data = 0;
  #padding = 0;
  #metaType = 0;
  #zeroBlocks = 0;
  /** True when the padding being passed over belongs to an extended header. */
  #inMeta = false;

  /** `archive` names the tar in messages. */
  constructor(handler: TarHandler, archive: string) {
    this.#handler = handler;
    this.#archive = archive;
  }

  /** Takes the next piece of the archive. */
  feed(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case "header":
          at = this.#feedHeader(chunk, at);
          break;
        case "data":
          at = this.#feedData(chunk, at);
          break;
        case "meta":
          at = this.#feedMeta(chunk, at);
          break;
        case "end":
          at = this.#feedEnd(chunk, at);
          break;
      }
    }
  }

  /**
   * Says that there is no more. An archive without its zero blocks is accepted when it ends after a whole entry, also
   * without the padding of the last one: umoci 0.4.7 writes such layers, and Go reads them.
   */
  end(): void {
    if (this.#state === "end") return;
    if (this.#state === "data" && this.#data === 0 && !this.#inMeta) {
      this.#handler.entryEnd?.();
      return;
    }
    if (this.#state !== "header" || this.#partialUsed > 0)
      throw this.#damaged("it ends in the middle of an entry");
    if (this.#meta.start !== -1) throw this.#damaged("it ends after an extended header");
  }

  #feedHeader(chunk: Uint8Array, at: number): number {
    if (this.#partialUsed === 0 && chunk.length - at >= BLOCK) {
      this.#header(chunk, at);
      return at + BLOCK;
    }
    const part = Math.min(BLOCK - this.#partialUsed, chunk.length - at);
    this.#partial.set(chunk.subarray(at, at + part), this.#partialUsed);
    this.#partialUsed += part;
    if (this.#partialUsed === BLOCK) {
      this.#partialUsed = 0;
      this.#header(this.#partial, 0);
    }
    return at + part;
  }

  #header(bytes: Uint8Array, at: number): void {
    if (bytes[at] === 0 && isZeroBlock(bytes, at)) {
      if (this.#meta.start !== -1) throw this.#damaged("it ends after an extended header");
      this.#offset += BLOCK;
      if (++this.#zeroBlocks === 2) this.#state = "end";
      return;
    }
    if (this.#zeroBlocks > 0) throw this.#damaged("an entry follows a zero block");
    if (!checksumHolds(bytes, at)) throw this.#damaged("the checksum of a header is wrong");
    const header = new RawHeader(bytes, at);
    if (isMeta(header.type)) this.#startMeta(header);
    else this.#startEntry(header);
  }

  #startMeta(header: RawHeader): void {
    const size = header.number(field.size, 12);
    if (typeof size === "string") throw this.#damaged(size);
    if (size > MAX_META) throw this.#damaged(`an extended header has ${size} bytes, more than ${MAX_META}`);
    if (this.#meta.start === -1) this.#meta.start = this.#offset;
    this.#offset += BLOCK;
    this.#metaType = header.type;
    this.#data = size;
    this.#padding = padding(size);
    this.#state = "meta";
    if (this.#partial.length < size) this.#partial = Buffer.alloc(size);
    // Without a body nothing will be fed to it.
    if (size === 0) this.#finishMeta();
  }

  #feedMeta(chunk: Uint8Array, at: number): number {
    const part = Math.min(this.#data - this.#partialUsed, chunk.length - at);
    this.#partial.set(chunk.subarray(at, at + part), this.#partialUsed);
    this.#partialUsed += part;
    if (this.#partialUsed === this.#data) this.#finishMeta();
    return at + part;
  }

  #finishMeta(): void {
    // A copy, because PAX values stay views of it until the entry comes.
    const body = Buffer.from(this.#partial.subarray(0, this.#data));
    this.#partialUsed = 0;
    const problem = this.#meta.add(this.#metaType, body);
    if (problem !== undefined) throw this.#damaged(problem);
    this.#offset += this.#data;
    this.#data = 0;
    this.#state = this.#padding > 0 ? "data" : "header";
    this.#inMeta = true;
  }

  #startEntry(header: RawHeader): void {
    const entry = readEntry(header, this.#meta);
    if (entry instanceof BadEntry) throw this.#refuse(entry);
    const start = this.#meta.start === -1 ? this.#offset : this.#meta.start;
    this.#meta.clear();
    this.#offset += BLOCK;
    this.#inMeta = false;
    this.#handler.entry(entry, { header: start, data: this.#offset });
    this.#data = entry.size;
    this.#padding = padding(entry.size);
    if (entry.size > 0) this.#state = "data";
    else this.#handler.entryEnd?.();
  }

  #feedData(chunk: Uint8Array, at: number): number {
    let next = at;
    if (this.#data > 0) {
      const part = Math.min(this.#data, chunk.length - next);
      this.#handler.data?.(chunk.subarray(next, next + part));
      this.#data -= part;
      this.#offset += part;
      next += part;
    }
    if (this.#data > 0) return next;
    const pad = Math.min(this.#padding, chunk.length - next);
    this.#padding -= pad;
    this.#offset += pad;
    if (this.#padding === 0) {
      this.#state = "header";
      if (!this.#inMeta) this.#handler.entryEnd?.();
    }
    return next + pad;
  }

  #feedEnd(chunk: Uint8Array, at: number): number {
    for (let index = at; index < chunk.length; index++) {
      if (chunk[index] === 0) continue;
      this.#offset += index - at;
      throw this.#damaged("something follows the end of the archive");
    }
    this.#offset += chunk.length - at;
    return chunk.length;
  }

  #refuse(bad: BadEntry): IntegrityError {
    const archive = this.#archive;
    const offset = this.#offset;
    const context = { subject: bad.path === "" ? archive : bad.path };
    if (bad.kind === "sparse")
      return new IntegrityError("SPARSE_UNSUPPORTED", { archive, path: bad.path, offset }, context);
    if (bad.kind === "damaged") return this.#damaged(bad.reason);
    return new IntegrityError(
      "TAR_PATH_UNSAFE",
      { archive, path: bad.path, reason: bad.reason, offset },
      context,
    );
  }

  #damaged(reason: string): IntegrityError<"TAR_DAMAGED"> {
    const parameters = { archive: this.#archive, reason, offset: this.#offset };
    return new IntegrityError("TAR_DAMAGED", parameters, { subject: this.#archive });
  }
}
