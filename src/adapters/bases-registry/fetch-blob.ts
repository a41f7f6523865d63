import type { Descriptor } from "../../oci/descriptor.js";
import type { Digest } from "../../oci/digest.js";
import type { BlobStore, ReadOptions } from "../../ports/blob-store.js";
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

  /** The bytes of a small blob, which is in the store afterwards. */
  async read(from: Repository, descriptor: Descriptor): Promise<Uint8Array> {
    await this.fetch(from, descriptor);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#store.read(descriptor.digest, { size: descriptor.size }))
      chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }

  /** The bytes of a blob, which is in the store before the first of them comes. */
  async *blob(from: Repository, descriptor: Descriptor, options?: ReadOptions): AsyncGenerator<Uint8Array> {
    await this.fetch(from, descriptor);
    yield* this.#store.read(descriptor.digest, { ...options, size: descriptor.size });
  }

  /** Hands on the bytes of a blob: out of the store where it is there, else as they come, which keeps nothing. */
  async pump(from: Repository, descriptor: Descriptor, sink: (chunk: Uint8Array) => void): Promise<void> {
    if ((await this.#store.stat(descriptor.digest)) === descriptor.size) {
      const reading = { transient: true, size: descriptor.size };
      for await (const chunk of this.#store.read(descriptor.digest, reading)) sink(chunk);
      return;
    }
    await this.#watched(from, descriptor, sink);
  }

  async #download(from: Repository, descriptor: Descriptor): Promise<void> {
    const writer = await this.#store.writer();
    try {
      await this.#watched(from, descriptor, (chunk) => writer.write(chunk));
      await writer.commit();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  async #watched(from: Repository, descriptor: Descriptor, sink: (chunk: Uint8Array) => void): Promise<void> {
    const { digest, size } = descriptor;
    const registry = await this.#registry();
    const label = `pull ${from.path} ${digest.slice("sha256:".length, 19)}`;
    const id = `pull ${digest}`;
    const onProgress = (bytes: number) => this.#progress?.report({ kind: "advance", id, bytes, total: size });
    this.#progress?.report({ kind: "start", id, label });
    await registry.download(from, descriptor, sink, { onProgress });
    this.#progress?.report({ kind: "finish", id, label });
  }
}
