import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { type Digest, digestOf, isDigest } from "../../oci/digest.js";
import type {
  BlobParts,
  BlobStore,
  BlobWriter,
  ScratchFile,
  StoredBlob,
  StoreWait,
} from "../../ports/blob-store.js";

/** A blob store in memory, for tests. Scratch files are real ones, because they are given by path. */
export class MemoryBlobStore implements BlobStore {
  /** The blobs, open to tests that damage them. */
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly #records = new Map<string, string>();
  /** The last work of each name, which the next one waits for. */
  readonly #work = new Map<string, Promise<unknown>>();

  async writer(): Promise<BlobWriter> {
    const chunks: Uint8Array[] = [];
    const hash = createHash("sha256");
    let finished = false;
    let stored: StoredBlob | undefined;
    return {
      write: (chunk) => {
        if (finished) throw new TypeError("the blob is already finished");
        hash.update(chunk);
        chunks.push(Uint8Array.from(chunk));
      },
      commit: async () => {
        if (stored !== undefined) return stored;
        if (finished) throw new TypeError("the blob is already finished");
        finished = true;
        const digest = `sha256:${hash.digest("hex")}` as const;
        const bytes = Buffer.concat(chunks);
        if (!this.blobs.has(digest)) this.blobs.set(digest, bytes);
        stored = { digest, size: bytes.length };
        return stored;
      },
      discard: async () => {
        finished = true;
        chunks.length = 0;
      },
    };
  }

  async stat(digest: Digest): Promise<number | undefined> {
    return this.blobs.get(checked(digest))?.length;
  }

  read(digest: Digest): AsyncIterable<Uint8Array> {
    return this.#read(checked(digest));
  }

  async openParts(digest: Digest): Promise<BlobParts | undefined> {
    const blob = this.blobs.get(checked(digest));
    if (blob === undefined) return undefined;
    return {
      read(target, offset) {
        const part = blob.subarray(offset, offset + target.length);
        target.set(part);
        return part.length;
      },
      close() {},
    };
  }

  async getRecord(kind: string, key: string): Promise<unknown> {
    const text = this.#records.get(`${kind}\0${key}`);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  async putRecord(kind: string, key: string, value: unknown): Promise<void> {
    this.#records.set(`${kind}\0${key}`, JSON.stringify(value));
  }

  alone<Result>(name: string, work: () => Promise<Result>, wait: StoreWait = {}): Promise<Result> {
    const { signal, onWait } = wait;
    const before = this.#work.get(name);
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
      if (before !== undefined) onWait?.();
      const own = (before ?? Promise.resolve()).then(() => {
        signal?.removeEventListener("abort", stop);
        signal?.throwIfAborted();
        return work();
      });
      own.then(resolve, reject);
      const ended = own.then(
        () => {},
        () => {},
      );
      this.#work.set(name, ended);
      void ended.then(() => this.#work.get(name) === ended && this.#work.delete(name));
    });
  }

  async scratchFile(): Promise<ScratchFile> {
    const folder = mkdtempSync(join(tmpdir(), "layerwright-"));
    const path = join(folder, "scratch");
    writeFileSync(path, "");
    return { path, dispose: async () => rmSync(folder, { recursive: true, force: true }) };
  }

  async *#read(digest: Digest): AsyncGenerator<Uint8Array> {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) throw new IntegrityError("BLOB_MISSING", { digest }, { subject: digest });
    if (bytes.length > 0) yield bytes;
    const found = digestOf(bytes);
    if (found === digest) return;
    this.blobs.delete(digest);
    const reason = `its content has the digest ${found}`;
    throw new IntegrityError("BLOB_DAMAGED", { digest, reason }, { subject: digest });
  }
}

function checked(digest: Digest): Digest {
  if (!isDigest(digest)) throw new IntegrityError("DIGEST_INVALID", { value: String(digest) });
  return digest;
}
