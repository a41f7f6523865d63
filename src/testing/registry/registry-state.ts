import { createHash } from "node:crypto";

/** A manifest or an index as it was put. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly document: Readonly<Record<string, unknown>>;
}

/** The contents of one repository. Its blobs are its own: another repository has them only by a mount or a push. */
export class RepositoryState {
  readonly blobs = new Map<string, Content>();
  readonly manifests = new Map<string, StoredManifest>();
  readonly tags = new Map<string, string>();
  /** The bytes of uploads that were neither finished nor cancelled, by their ids. */
  readonly uploads = new Map<string, Content>();

  /** Returns the manifest that a tag or digest names. */
  manifest(reference: string): StoredManifest | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference);
  }
}

export class RegistryState {
  readonly #repositories = new Map<string, RepositoryState>();

  /** The repository, if something was ever put into it. */
  find(name: string): RepositoryState | undefined {
    const found = this.#repositories.get(name);
    return found !== undefined && found.blobs.size + found.manifests.size > 0 ? found : undefined;
  }

  /** The repository, made where there is none: pushing to it is what makes one. */
  open(name: string): RepositoryState {
    const found = this.#repositories.get(name) ?? new RepositoryState();
    this.#repositories.set(name, found);
    return found;
  }

  names(): string[] {
    return [...this.#repositories.keys()].filter((name) => this.find(name) !== undefined);
  }
}

/**
 * Bytes as they came, in pieces: joining the pieces of a large blob would need its memory twice. Pieces are copied on
 * their way in and out, so nobody outside can change what a digest was given for.
 */
export class Content {
  #pieces: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(new Uint8Array(piece));
    this.#size += piece.length;
  }

  /** Forgets what came after the first `size` bytes. */
  truncate(size: number): void {
    this.#pieces = [...this.#parts(0, size)];
    this.#size = Math.min(size, this.#size);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }

  /** The digest by an algorithm that `node:crypto` knows, as OCI writes it. */
  digest(algorithm: string): string {
    const hash = createHash(algorithm);
    for (const piece of this.#pieces) hash.update(piece);
    return `${algorithm}:${hash.digest("hex")}`;
  }

  /** The bytes from `start` up to, and without, `end`. */
  stream(start = 0, end = this.#size): ReadableStream<Uint8Array> {
    const parts = this.#parts(start, end);
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        const { done, value } = parts.next();
        if (done === true) controller.close();
        else controller.enqueue(new Uint8Array(value));
      },
    });
  }

  *#parts(start: number, end: number): Generator<Uint8Array, undefined> {
    let at = 0;
    for (const piece of this.#pieces) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, piece.length);
      if (from < to) yield piece.subarray(from, to);
      at += piece.length;
      if (at >= end) return;
    }
  }
}
