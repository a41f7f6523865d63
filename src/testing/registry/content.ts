import { createHash } from "node:crypto";

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
