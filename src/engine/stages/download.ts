import { createHash } from "node:crypto";
import { SpooledLayer } from "../../archive/open-layer.js";
import { IntegrityError, isLayerwrightError } from "../../errors/layerwright-error.js";
import type { Digest } from "../../oci/digest.js";
import { redactUrl } from "../../plan/operation.js";
import { identify } from "../../rootfs/layer-items.js";
import type { FileNode } from "../../rootfs/tree.js";
import type { BuildPorts } from "../ports.js";

/** Fetched files of one build; they are in the store under their own digest, and are fetched once in the store's life. */
export class Downloads {
  readonly #ports: BuildPorts;
  readonly #files = new Map<string, SpooledLayer>();

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
      file = new SpooledLayer(store, (sink) => this.#copy(url, digest, sink, signal));
      identify(file, digest);
      this.#files.set(digest, file);
    }
    return { content: { kind: "layer", layer: file, offset: 0 }, size };
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  /** Hands on the bytes of a file of the store; what the store finds damaged it drops, and the address still has it. */
  async #copy(
    url: string,
    digest: Digest,
    sink: (chunk: Uint8Array) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { store } = this.#ports;
    try {
      // Read once for the check alone: a sink cannot take back what it was given.
      for await (const _ of store.read(digest)) signal?.throwIfAborted();
    } catch (error) {
      if (!isLayerwrightError(error) || (error.code !== "BLOB_DAMAGED" && error.code !== "BLOB_MISSING"))
        throw error;
      await this.#download(url, digest, signal);
    }
    for await (const chunk of store.read(digest)) sink(chunk);
  }

  async #download(url: string, digest: Digest, signal: AbortSignal | undefined): Promise<number> {
    const { store, downloads, progress } = this.#ports;
    const label = redactUrl(url);
    progress?.report({ kind: "start", id: digest, label });
    const writer = await store.writer();
    try {
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of downloads.fetch(url, signal)) {
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
