import { createHash } from "node:crypto";
import type { Digest } from "../../../src/oci/digest.js";
import type { BlobWriter, StoredBlob } from "../../../src/ports/blob-store.js";

/** A blob writer that keeps the bytes, and says what became of them. */
export class MemoryWriter implements BlobWriter {
  readonly #pieces: Buffer[] = [];
  state: "open" | "committed" | "discarded" = "open";

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  write(chunk: Uint8Array): void {
    this.#pieces.push(Buffer.from(chunk));
  }

  async commit(): Promise<StoredBlob> {
    this.state = "committed";
    const bytes = this.bytes;
    return {
      digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest,
      size: bytes.length,
    };
  }

  async discard(): Promise<void> {
    this.state = "discarded";
  }
}
