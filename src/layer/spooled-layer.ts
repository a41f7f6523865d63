import { closeSync, openSync, writeSync } from "node:fs";
import { EnvironmentError } from "../errors/layerwright-error.js";
import type { BlobStore, ScratchFile } from "../ports/blob-store.js";
import type { LayerBytes, PlainTar } from "./tree-node.js";

/** A plain tar that is written into a scratch file while it is read for something else. */
export class Spool {
  readonly #scratch: ScratchFile;
  #fd: number | undefined;

  private constructor(scratch: ScratchFile) {
    this.#scratch = scratch;
    this.#fd = openSync(scratch.path, "r+");
  }

  /** A new empty scratch file of the store. */
  static async open(store: BlobStore): Promise<Spool> {
    const scratch = await store.scratchFile();
    try {
      return new Spool(scratch);
    } catch (error) {
      await scratch.dispose();
      throw spoolError(error, scratch.path);
    }
  }

  /** Appends a piece of the tar. */
  write(chunk: Uint8Array): void {
    try {
      for (let done = 0; done < chunk.length; )
        done += writeSync(this.#fd!, chunk, done, chunk.length - done);
    } catch (error) {
      throw spoolError(error, this.#scratch.path);
    }
  }

  /** Ends the writing; the tar can be read until `dispose`. */
  finish(): PlainTar {
    this.#close();
    return { path: this.#scratch.path, offset: 0 };
  }

  /** Removes the file. */
  async dispose(): Promise<void> {
    this.#close();
    await this.#scratch.dispose();
  }

  #close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/**
 * A layer whose compression is undone at most once, when somebody first needs the bytes of one of its files. `unpack`
 * fills the scratch file and throws when the bytes are not the layer's.
 */
export class SpooledLayer implements LayerBytes {
  readonly #store: BlobStore;
  readonly #unpack: (sink: (chunk: Uint8Array) => void) => Promise<unknown>;
  #spool: Spool | undefined;
  #place: Promise<PlainTar> | undefined;

  constructor(store: BlobStore, unpack: (sink: (chunk: Uint8Array) => void) => Promise<unknown>) {
    this.#store = store;
    this.#unpack = unpack;
  }

  spool(): Promise<PlainTar> {
    this.#place ??= this.#fill();
    return this.#place;
  }

  /** Removes the scratch file, if there is one. */
  async close(): Promise<void> {
    await this.#place?.catch(() => undefined);
    await this.#spool?.dispose();
    this.#spool = undefined;
  }

  async #fill(): Promise<PlainTar> {
    const spool = await Spool.open(this.#store);
    this.#spool = spool;
    await this.#unpack((chunk) => spool.write(chunk));
    return spool.finish();
  }
}

function spoolError(error: unknown, path: string): Error {
  const context = { subject: path, cause: error };
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  if (reason === "ENOSPC" || reason === "EDQUOT") return new EnvironmentError("DISK_FULL", { path }, context);
  return new EnvironmentError("STORE_FAILED", { path, action: "write", reason }, context);
}
