import type { Transform } from "node:stream";
import { createGunzip, type ZlibOptions } from "node:zlib";
import { IntegrityError } from "../errors/layerwright-error.js";
import type { LayerEncoding } from "../oci/manifest.js";
import { unzstdChunks } from "./unzstd.js";

/** Options of decoding a blob. */
interface DecodeOptions extends DecodeLimits {
  /** Names the blob in messages. */
  readonly archive: string;
  /** Each chunk is used up before the next one is asked for, so that several may be the same memory. */
  readonly transient?: boolean | undefined;
  /** Told once how the blob turned out to be compressed. */
  readonly onEncoding?: ((encoding: LayerEncoding) => void) | undefined;
}

/** Bytes that tell the compression. */
const MAGIC = 4;

/**
 * Returns the compression that the first bytes of a blob show. Anything that is neither gzip nor zstd is taken as a
 * tar.
 */
export function sniffEncoding(start: Uint8Array): LayerEncoding {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  if (start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd) return "zstd";
  // A zstd stream may begin with a skippable frame: 184D2A50 to 184D2A5F, little endian (RFC 8878, 3.1.2).
  if ((start[0]! & 0xf0) === 0x50 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18)
    return "zstd";
  return "none";
}

/**
 * Decodes a layer blob whose compression is told by its own first bytes: gzip (several members), zstd (several and
 * skippable frames) or none. A truncated or damaged blob, or one with anything but NULs after its end, is
 * `COMPRESSION_DAMAGED`; a bomb is `DECOMPRESSED_TOO_LARGE`. Chunks are the receiver's to keep, unless
 * they are asked for as `transient`.
 */
export async function* decodeLayer(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: DecodeOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const meter = new DecodeMeter(options.archive, options);
  const source = withStart(chunks);
  const start = await source.start;
  const encoding = sniffEncoding(start);
  options.onEncoding?.(encoding);
  const metered = meterInput(source.chunks(), meter);
  const decoded =
    encoding === "gzip"
      ? gunzipChunks(metered, options.archive)
      : encoding === "zstd"
        ? unzstdChunks(metered, options.archive)
        : metered;
  for await (const chunk of decoded) {
    meter.addUnpacked(chunk.length);
    yield encoding === "gzip" && options.transient !== true ? Buffer.from(chunk) : chunk;
  }
}

async function* meterInput(
  chunks: AsyncIterable<Uint8Array>,
  meter: DecodeMeter,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    meter.addCompressed(chunk.length);
    yield chunk;
  }
}

/** Looks at the first bytes and gives them back with the rest. */
function withStart(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): {
  start: Promise<Uint8Array>;
  chunks(): AsyncGenerator<Uint8Array>;
} {
  const iterator =
    Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const first = (async () => {
    let held: Uint8Array = new Uint8Array(0);
    while (held.length < MAGIC) {
      const next = await iterator.next();
      if (next.done === true) break;
      held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
    }
    return held;
  })();
  return {
    start: first,
    async *chunks() {
      try {
        const held = await first;
        if (held.length > 0) yield held;
        for (;;) {
          const next = await iterator.next();
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        await iterator.return?.();
      }
    },
  };
}

/** The most that a compressed archive may unpack to. */
interface DecodeLimits {
  /** Most bytes in all; 64 GiB when not given. */
  readonly maxSize?: number | undefined;
  /** Most bytes for one compressed byte, once `RATIO_FREE` bytes are unpacked; 1000 when not given. */
  readonly maxRatio?: number | undefined;
}

const MAX_SIZE = 64 * 2 ** 30;
const MAX_RATIO = 1000;

/** Bytes before the ratio counts: deflate packs zeros 1030 to 1, and a layer may hold an empty disk image. */
const RATIO_FREE = 2 ** 30;

/** Counts what goes into and comes out of a decoder and stops a decompression bomb with `DECOMPRESSED_TOO_LARGE`. */
class DecodeMeter {
  readonly #archive: string;
  readonly #maxSize: number;
  readonly #maxRatio: number;
  #compressed = 0;
  #unpacked = 0;

  constructor(archive: string, limits: DecodeLimits) {
    this.#archive = archive;
    this.#maxSize = limits.maxSize ?? MAX_SIZE;
    this.#maxRatio = limits.maxRatio ?? MAX_RATIO;
  }

  addCompressed(bytes: number): void {
    this.#compressed += bytes;
  }

  addUnpacked(bytes: number): void {
    this.#unpacked += bytes;
    if (this.#unpacked > this.#maxSize) throw this.#tooLarge(`more than ${this.#maxSize} bytes`);
    if (this.#unpacked > RATIO_FREE && this.#unpacked > this.#maxRatio * this.#compressed) {
      throw this.#tooLarge(`more than ${this.#maxRatio} times its own size`);
    }
  }

  #tooLarge(reason: string): IntegrityError<"DECOMPRESSED_TOO_LARGE"> {
    const archive = this.#archive;
    return new IntegrityError("DECOMPRESSED_TOO_LARGE", { archive, reason }, { subject: archive });
  }
}

/** Room for the output of a piece. What is not used of it is never touched, and so costs nothing. */
const OUTPUT = 1 << 20;

/** Input that is unpacked at a time: large enough that its way to a thread and back is nothing beside it. */
const PIECE = 1 << 16;

/**
 * Unpacks gzip, one member or several. NULs after the end are passed over, as tape padding; anything else is damage.
 * Each chunk is valid until the next one is asked for.
 */
async function* gunzipChunks(
  chunks: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<Uint8Array, void, void> {
  const pieces = new ZlibPieces((options) => createGunzip(options), OUTPUT);
  let held: Uint8Array | undefined;
  let fed = 0;
  let ended = false;
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        const piece = chunk.subarray(at, at + PIECE);
        if (ended) {
          checkPadding(piece, archive);
          continue;
        }
        fed += piece.length;
        pieces.start(piece);
        // Used up by the receiver while the next piece is unpacked.
        if (held !== undefined) yield held;
        held = undefined;
        for (let next = await pieces.next(); next !== undefined; next = await pieces.next()) {
          if (held !== undefined) yield held;
          held = next;
        }
        // A stream that took less than it was given has met its end. What comes then Node would not look at.
        const rest = fed - pieces.bytesTaken;
        if (rest === 0) continue;
        ended = true;
        checkPadding(piece.subarray(piece.length - rest), archive);
      }
    }
    if (!ended) pieces.end();
    if (held !== undefined) yield held;
    for (let next = await pieces.next(); next !== undefined; next = await pieces.next()) yield next;
  } catch (error) {
    throw asDamage(error, archive);
  } finally {
    pieces.close();
  }
}

function checkPadding(rest: Uint8Array, archive: string): void {
  for (const byte of rest) if (byte !== 0) throw damaged(archive, "something follows its end");
}

function asDamage(error: unknown, archive: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== "string" || !code.startsWith("Z_")) return error;
  const reason = code === "Z_BUF_ERROR" ? "it ends in the middle" : (error as Error).message;
  return damaged(archive, reason, error);
}

function damaged(archive: string, reason: string, cause?: unknown): IntegrityError<"COMPRESSION_DAMAGED"> {
  return new IntegrityError(
    "COMPRESSION_DAMAGED",
    { archive, kind: "gzip", reason },
    { subject: archive, cause },
  );
}

/** A stream of `node:zlib`, with the fields that say where in which memory its next output goes. */
type Refillable = Transform & { bytesWritten: number; _outBuffer?: Buffer; _outOffset?: number };

/**
 * A zlib stream that is given its input in pieces, each when the one before is used up. Two buffers take its output in
 * turns, one being filled while the other is used: Node takes new memory for every 16 KiB or whatever it is told, and
 * new memory costs as much as to unpack into it. A Node that knows no such fields would only take the new memory.
 */
class ZlibPieces {
  readonly #stream: Refillable;
  readonly #buffers: readonly [Buffer, Buffer];
  #turn = 0;
  /** True when the last piece is used up. */
  #idle = true;
  #ended = false;
  #failure: Error | undefined;
  #wake = () => {};

  /** @param size bytes of a buffer; what a piece gives beyond it is in new memory */
  constructor(
    open: (options: ZlibOptions & { highWaterMark: number }) => Transform & { bytesWritten: number },
    size: number,
  ) {
    this.#buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
    this.#stream = open({ chunkSize: size, highWaterMark: 2 * size });
    this.#stream.on("readable", () => this.#wake());
    this.#stream.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#stream.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** Bytes of input that were used. */
  get bytesTaken(): number {
    return this.#stream.bytesWritten;
  }

  /** Starts on a piece, which must stay unchanged until `next` has nothing more. The last output stays valid. */
  start(piece: Uint8Array): void {
    this.#turn = 1 - this.#turn;
    this.#stream._outBuffer = this.#buffers[this.#turn as 0 | 1];
    this.#stream._outOffset = 0;
    this.#idle = false;
    this.#stream.write(piece, () => {
      this.#idle = true;
      this.#wake();
    });
  }

  /** Says that there are no more pieces. */
  end(): void {
    this.#idle = false;
    this.#stream.end();
  }

  /** The next output, valid until `start` is called twice; undefined when there is no more of this piece. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#idle || this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#stream.destroy();
  }
}
