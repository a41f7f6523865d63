import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { EnvironmentError, IntegrityError } from "../errors/layerwright-error.js";
import type { LayerEncoding } from "../oci/manifest.js";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore, ScratchFile } from "../ports/blob-store.js";
import { decodeLayer } from "./decode.js";
import {
  fromIndexRecord,
  indexLayer,
  LAYER_INDEX_KIND,
  type LayerIndex,
  toIndexRecord,
} from "./layer-index.js";

/** A base layer that can be applied and read from. */
export interface OpenLayer {
  readonly index: LayerIndex;
  readonly bytes: LayerBytes;
  /** Drops the scratch file, if one was made. */
  close(): Promise<void>;
}

/** Options of opening layers. */
export interface OpenLayerOptions {
  /**
   * The bytes of files will be needed (e.g. squash `"all"`): a layer that has to be unpacked for its index is kept
   * unpacked, instead of being unpacked once more later.
   */
  readonly spool?: boolean;
}

/** Opens one layer: its index comes from the store, or else from reading (and verifying) the whole layer once. */
export async function openLayer(
  layer: BaseLayer,
  store: BlobStore,
  options: OpenLayerOptions = {},
): Promise<OpenLayer> {
  const bytes = new LazyLayer(layer, store);
  try {
    const known = fromIndexRecord(await store.getRecord(LAYER_INDEX_KIND, layer.diffId), layer.diffId);
    if (known !== undefined) return { index: known, bytes, close: () => bytes.close() };
    const index = await bytes.readIndex(options.spool === true);
    await store.putRecord(LAYER_INDEX_KIND, layer.diffId, toIndexRecord(index));
    return { index, bytes, close: () => bytes.close() };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** The bytes of a base layer: where they lie plain on disk, or unpacked into a scratch file when first needed. */
class LazyLayer implements LayerBytes {
  readonly #layer: BaseLayer;
  readonly #spooled: SpooledLayer;
  readonly #store: BlobStore;
  #index: LayerIndex | undefined;
  #verified: Promise<void> | undefined;

  constructor(layer: BaseLayer, store: BlobStore) {
    this.#layer = layer;
    this.#store = store;
    this.#spooled = new SpooledLayer(store, async (sink) => {
      this.#index = await this.#read(sink);
    });
  }

  async spool(): Promise<PlainTar> {
    const { plain } = this.#layer;
    if (plain === undefined) return this.#spooled.spool();
    this.#verified ??= verifyPlain(this.#layer, plain, this.#store);
    await this.#verified;
    return plain;
  }

  async readIndex(keepUnpacked: boolean): Promise<LayerIndex> {
    const { plain } = this.#layer;
    if (plain !== undefined) {
      const stamp = stampOf(plain.path);
      const index = await this.#read();
      await noteVerified(this.#layer, plain, this.#store, stamp);
      return index;
    }
    if (!keepUnpacked) return this.#read();
    await this.#spooled.spool();
    return this.#index!;
  }

  close(): Promise<void> {
    return this.#spooled.close();
  }

  #read(sink?: (chunk: Uint8Array) => void): Promise<LayerIndex> {
    const { diffId, encoding } = this.#layer;
    const archive = `of the layer ${diffId}`;
    const onEncoding = (found: LayerEncoding) => {
      if (found === encoding) return;
      throw new IntegrityError(
        "LAYER_ENCODING_WRONG",
        { layer: diffId, said: encoding, found },
        { subject: diffId },
      );
    };
    // The decoder of zstd holds on to its input; gzip and tar are used up at once.
    const blob = this.#layer.blob({ transient: encoding !== "zstd" });
    return indexLayer(decodeLayer(blob, { archive, onEncoding, transient: true }), diffId, sink);
  }
}

/** The place of a plain tar: a file of the host, and the byte it starts at (0 but for a tar inside a tar). */
export interface PlainTar {
  readonly path: string;
  readonly offset: number;
}

/**
 * A layer whose tar can be read at any offset. `spool` unpacks its compression into a scratch file once (and is
 * free for a plain tar on disk); nothing is unpacked for as long as nobody needs the bytes of a file.
 */
export interface LayerBytes {
  spool(): Promise<PlainTar>;
}

/** A plain tar that is written into a scratch file while it is read for something else. */
class Spool {
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

/** The kind of the store's records that say which plain tars were read and found right. */
const KIND = "plain-tar-1";

/**
 * Makes sure that a plain tar on disk is still the layer: reads and verifies it, unless the file is the one that was
 * read before (same inode, size and times; the change time cannot be set back).
 */
async function verifyPlain(layer: BaseLayer, plain: PlainTar, store: BlobStore): Promise<void> {
  if ((await store.getRecord(KIND, keyOf(layer, plain))) === stampOf(plain.path)) return;
  const before = stampOf(plain.path);
  // Reading it to the end is what verifies it.
  for await (const _ of layer.blob({ transient: true }));
  await noteVerified(layer, plain, store, before);
}

/** Notes that a plain tar was read to its end and is the layer. `stamp` is from before the reading. */
async function noteVerified(
  layer: BaseLayer,
  plain: PlainTar,
  store: BlobStore,
  stamp: string | undefined,
): Promise<void> {
  if (stamp !== undefined && stamp === stampOf(plain.path))
    await store.putRecord(KIND, keyOf(layer, plain), stamp);
}

/** Text that tells one state of a file from another. */
export function stampOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
}

function keyOf(layer: BaseLayer, plain: PlainTar): string {
  return `${layer.diffId} ${plain.offset} ${plain.path}`;
}
