import type { Decompress } from "fzstd";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { loadWasmZstd } from "./wasm-zstd.js";
import { type FramePiece, ZstdFrames } from "./zstd-frames.js";

/** Frames up to this size are unpacked in one go by the WebAssembly codec, five times as fast as the streaming one. */
const ONE_SHOT = 4 << 20;

/** Unpacks zstd, one frame or several, with memory bounded by the window (128 MiB) and not by the blob. */
export async function* unzstdChunks(
  chunks: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<Uint8Array, void, void> {
  const frames = new ZstdFrames(archive);
  const decoder = new FrameDecoder(archive);
  for await (const chunk of chunks) {
    for (const piece of frames.feed(chunk)) yield* await decoder.decode(piece);
  }
  frames.end();
}

class FrameDecoder {
  readonly #archive: string;
  #held: Uint8Array[] = [];
  #heldSize = 0;
  #stream: Decompress | undefined;
  #output: Uint8Array[] = [];

  constructor(archive: string) {
    this.#archive = archive;
  }

  async decode(piece: FramePiece): Promise<Uint8Array[]> {
    const { contentSize } = piece;
    try {
      if (this.#stream === undefined && contentSize !== undefined && contentSize <= ONE_SHOT) {
        this.#held.push(piece.last ? piece.bytes : Buffer.from(piece.bytes));
        this.#heldSize += piece.bytes.length;
        if (piece.last) return await this.#whole(contentSize);
        // A frame larger than what it unpacks to is no use holding.
        if (this.#heldSize <= 2 * ONE_SHOT) return [];
        const held = Buffer.concat(this.#held);
        this.#drop();
        return await this.#streamed(held, false);
      }
      return await this.#streamed(piece.bytes, piece.last);
    } catch (error) {
      throw new IntegrityError(
        "COMPRESSION_DAMAGED",
        {
          archive: this.#archive,
          kind: "zstd",
          reason: error instanceof Error ? error.message : String(error),
        },
        { subject: this.#archive, cause: error },
      );
    }
  }

  async #open(): Promise<Decompress> {
    const { Decompress } = await import("fzstd");
    return new Decompress((chunk) => {
      if (chunk.length > 0) this.#output.push(chunk);
    });
  }

  async #whole(contentSize: number): Promise<Uint8Array[]> {
    const frame = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    this.#drop();
    if (contentSize === 0) return [];
    const codec = await loadWasmZstd();
    const bytes = codec.decompress(frame, contentSize);
    if (bytes.length !== contentSize) throw new Error("a frame unpacks to another size than it says");
    return [bytes];
  }

  #drop(): void {
    this.#held = [];
    this.#heldSize = 0;
  }

  async #streamed(bytes: Uint8Array, last: boolean): Promise<Uint8Array[]> {
    this.#stream ??= await this.#open();
    this.#stream.push(bytes, last);
    if (last) this.#stream = undefined;
    const output = this.#output;
    this.#output = [];
    return output;
  }
}
