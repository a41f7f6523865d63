import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { IntegrityError, isLayerwrightError } from "../../errors/layerwright-error.js";
import type { FileNode, LayerBytes, PlainTar } from "../../layer/tree-node.js";
import type { Digest } from "../../oci/digest.js";
import { redactUrl } from "../../plan/describe.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { identify } from "../content-identity.js";
import type { BuildPorts } from "../ports.js";

/** Fetched files of one build; they are in the store under their own digest, and are fetched once in the store's life. */
export class Downloads {
  readonly #ports: BuildPorts;
  readonly #files = new Map<string, StoredFile>();

  constructor(ports: BuildPorts) {
    this.#ports = ports;
  }

  /** The content of a file with this sha256. Throws `ADD_DIGEST_WRONG` when the address gives another one. */
  async fetch(
    url: string,
    sha256: string,
    signal: AbortSignal | undefined,
  ): Promise<Pick<FileNode, "content" | "size">> {
    const { store } = this.#ports;
    const digest: Digest = `sha256:${sha256.toLowerCase()}`;
    const size = (await store.stat(digest)) ?? (await this.#download(url, digest, signal));
    let file = this.#files.get(digest);
    if (file === undefined) {
      file = new StoredFile(store, digest, () => this.#download(url, digest, signal));
      this.#files.set(digest, file);
    }
    return { content: { kind: "layer", layer: file, offset: 0 }, size };
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  async #download(url: string, digest: Digest, signal: AbortSignal | undefined): Promise<number> {
    const { store, downloads, progress } = this.#ports;
    const label = redactUrl(url);
    progress?.report({ kind: "start", id: digest, label });
    const writer = await store.writer();
    try {
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of downloads.fetch(url)) {
        signal?.throwIfAborted();
        hash.update(chunk);
        size += chunk.length;
        writer.write(chunk);
        progress?.report({ kind: "advance", id: digest, bytes: size });
      }
      const found = hash.digest("hex");
      const expected = digest.slice("sha256:".length);
      if (found !== expected) {
        throw new IntegrityError(
          "ADD_DIGEST_WRONG",
          { url: label, expected, found, size },
          { subject: label },
        );
      }
      await writer.commit();
      progress?.report({ kind: "finish", id: digest, label });
      return size;
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }
}

/** A file of the store, at hand as a plain file when somebody reads it. */
class StoredFile implements LayerBytes {
  readonly #store: BlobStore;
  readonly #digest: Digest;
  readonly #again: () => Promise<number>;
  #place: Promise<PlainTar & { dispose(): Promise<void> }> | undefined;

  constructor(store: BlobStore, digest: Digest, again: () => Promise<number>) {
    this.#store = store;
    this.#digest = digest;
    this.#again = again;
    identify(this, digest);
  }

  spool(): Promise<PlainTar> {
    this.#place ??= this.#copy().catch(async (error: unknown) => {
      // The store drops what it finds damaged; the address still has it.
      if (!isLayerwrightError(error) || (error.code !== "BLOB_DAMAGED" && error.code !== "BLOB_MISSING"))
        throw error;
      await this.#again();
      return this.#copy();
    });
    return this.#place;
  }

  async close(): Promise<void> {
    await (await this.#place?.catch(() => undefined))?.dispose();
  }

  async #copy(): Promise<PlainTar & { dispose(): Promise<void> }> {
    const scratch = await this.#store.scratchFile();
    try {
      for await (const chunk of this.#store.read(this.#digest)) appendFileSync(scratch.path, chunk);
    } catch (error) {
      await scratch.dispose();
      throw error;
    }
    return { path: scratch.path, offset: 0, dispose: () => scratch.dispose() };
  }
}
