import type { Decompress } from "fzstd";
import { IntegrityError } from "../errors/layerwright-error.js";
import { loadWasmZstd } from "./wasm-zstd.js";

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

/** Largest window that is decoded, in bytes (128 MiB, as the `zstd` program and containerd allow). */
const MAX_WINDOW = 1 << 27;
const MAX_BLOCK = 1 << 17;

/** A piece of a zstd frame, cut at frame boundaries. */
interface FramePiece {
  readonly bytes: Uint8Array;
  /** True when the frame ends with this piece. */
  readonly last: boolean;
  /** Bytes the frame says it unpacks to, when it says so; the same in every piece of a frame. */
  readonly contentSize: number | undefined;
}

/**
 * Cuts a zstd stream into its frames by walking the block headers (RFC 8878, 3.1), without decoding. Skippable frames
 * are left out, dictionary frames and windows above 128 MiB refused, and an end inside a frame is an error, which
 * decoders do not all say.
 */
class ZstdFrames {
  readonly #archive: string;
  #held: Buffer = Buffer.alloc(0);
  #state: "start" | "block" | "body" | "checksum" | "skip" = "start";
  #left = 0;
  #lastBlock = false;
  #hasChecksum = false;
  #contentSize: number | undefined;

  constructor(archive: string) {
    this.#archive = archive;
  }

  /** Takes the next chunk and gives the pieces that are in it. */
  *feed(chunk: Uint8Array): Generator<FramePiece, void, void> {
    const input =
      this.#held.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    let from = 0;
    let at = 0;
    while (at < input.length) {
      if (this.#state === "skip") {
        const part = Math.min(this.#left, input.length - at);
        this.#left -= part;
        at += part;
        from = at;
        if (this.#left === 0) this.#state = "start";
        continue;
      }
      if (this.#state === "body" || this.#state === "checksum") {
        const part = Math.min(this.#left, input.length - at);
        this.#left -= part;
        at += part;
        if (this.#left === 0 && this.#afterBody()) {
          yield { bytes: input.subarray(from, at), last: true, contentSize: this.#contentSize };
          from = at;
        }
        continue;
      }
      const size = this.#state === "start" ? this.#readStart(input, at) : this.#readBlock(input, at);
      // Not enough bytes for the header: it waits for the next chunk.
      if (size === 0) break;
      at += size;
      if (!this.#inFrame()) from = at;
      else if (this.#emptyBody() && this.#afterBody()) {
        yield { bytes: input.subarray(from, at), last: true, contentSize: this.#contentSize };
        from = at;
      }
    }
    if (at > from) yield { bytes: input.subarray(from, at), last: false, contentSize: this.#contentSize };
    if (at < input.length) this.#held = Buffer.from(input.subarray(at));
  }

  /** Says that there is no more. */
  end(): void {
    if (this.#state === "start" && this.#held.length === 0) return;
    throw this.#damaged("it ends in the middle");
  }

  #inFrame(): boolean {
    return this.#state !== "start" && this.#state !== "skip";
  }

  #emptyBody(): boolean {
    return this.#state === "body" && this.#left === 0;
  }

  /** True when the frame is over after a block or its checksum. */
  #afterBody(): boolean {
    if (this.#state === "body" && !this.#lastBlock) {
      this.#state = "block";
      return false;
    }
    if (this.#state === "body" && this.#hasChecksum) {
      this.#state = "checksum";
      this.#left = 4;
      return false;
    }
    this.#state = "start";
    return true;
  }

  /** Reads a frame header; its size in bytes, or 0 when more bytes are needed. */
  #readStart(input: Buffer, at: number): number {
    const have = input.length - at;
    if (have < 4) return 0;
    const magic = input.readUInt32LE(at);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
      if (have < 8) return 0;
      this.#left = input.readUInt32LE(at + 4);
      if (this.#left > 0) this.#state = "skip";
      return 8;
    }
    if (magic !== 0xfd2fb528) throw this.#damaged("something that is no frame follows");
    if (have < 5) return 0;
    const descriptor = input[at + 4]!;
    const single = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >>> 6;
    const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
    const dictBytes = [0, 1, 2, 4][descriptor & 3]!;
    const total = 5 + (single ? 0 : 1) + dictBytes + sizeBytes;
    if (have < total) return 0;
    if ((descriptor & 0x08) !== 0) throw this.#unsupported("its frame header has a reserved bit set");
    let next = at + 5;
    let window = 0;
    if (!single) {
      const base = 2 ** (10 + (input[next]! >>> 3));
      window = base + (base / 8) * (input[next]! & 7);
      next++;
    }
    for (let index = 0; index < dictBytes; index++) {
      if (input[next + index] !== 0) throw this.#unsupported("it needs a dictionary");
    }
    next += dictBytes;
    this.#contentSize = sizeBytes === 0 ? undefined : readSize(input, next, sizeBytes);
    if (single) window = this.#contentSize ?? 0;
    if (window > MAX_WINDOW)
      throw this.#unsupported(`its window has ${window} bytes, more than ${MAX_WINDOW}`);
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    this.#state = "block";
    return total;
  }

  #readBlock(input: Buffer, at: number): number {
    if (input.length - at < 3) return 0;
    const header = input.readUIntLE(at, 3);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type === 3 || size > MAX_BLOCK) throw this.#damaged("a block header is wrong");
    this.#lastBlock = (header & 1) !== 0;
    // A run-length block stores one byte whatever its size.
    this.#left = type === 1 ? 1 : size;
    this.#state = "body";
    return 3;
  }

  #damaged(reason: string): IntegrityError<"COMPRESSION_DAMAGED"> {
    const archive = this.#archive;
    return new IntegrityError("COMPRESSION_DAMAGED", { archive, kind: "zstd", reason }, { subject: archive });
  }

  #unsupported(reason: string): IntegrityError<"COMPRESSION_UNSUPPORTED"> {
    const archive = this.#archive;
    return new IntegrityError(
      "COMPRESSION_UNSUPPORTED",
      { archive, kind: "zstd", reason },
      { subject: archive },
    );
  }
}

function readSize(input: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(input.readBigUInt64LE(at));
  const value = input.readUIntLE(at, bytes);
  // Two bytes count from 256, because one byte holds what is below.
  return bytes === 2 ? value + 256 : value;
}
