import type { Descriptor } from "../../oci/descriptor.js";
import type { Digest } from "../../oci/digest.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry, Repository } from "../../ports/registry.js";

/** Gets blobs of registries into a store, each once. */
export class BlobFetcher {
  readonly #store: BlobStore;
  readonly #registry: () => Promise<Registry>;
  readonly #progress: Progress | undefined;
  readonly #running = new Map<Digest, Promise<void>>();

  constructor(store: BlobStore, registry: () => Promise<Registry>, progress: Progress | undefined) {
    this.#store = store;
    this.#registry = registry;
    this.#progress = progress;
  }

  /** Returns when the blob is in the store. */
  async fetch(from: Repository, descriptor: Descriptor): Promise<void> {
    const { digest } = descriptor;
    if ((await this.#store.stat(digest)) === descriptor.size) return;
    let running = this.#running.get(digest);
    if (running === undefined) {
      running = this.#download(from, descriptor).finally(() => this.#running.delete(digest));
      this.#running.set(digest, running);
    }
    await running;
  }

  async #download(from: Repository, descriptor: Descriptor): Promise<void> {
    const { digest, size } = descriptor;
    const registry = await this.#registry();
    const label = `pull ${from.path} ${digest.slice("sha256:".length, 19)}`;
    const id = `pull ${digest}`;
    this.#progress?.report({ kind: "start", id, label });
    const writer = await this.#store.writer();
    try {
      const onProgress = (bytes: number) =>
        this.#progress?.report({ kind: "advance", id, bytes, total: size });
      await registry.download(from, descriptor, (chunk) => writer.write(chunk), { onProgress });
      await writer.commit();
      this.#progress?.report({ kind: "finish", id, label });
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }
}
