import type { LayerEncoding } from "../../oci/media-type.js";
import { type DecodeLimits, DecodeMeter } from "./decode-limits.js";
import { gunzipChunks } from "./gunzip-chunks.js";
import { unzstdChunks } from "./unzstd-chunks.js";

/** How a blob is decoded. */
export interface DecodeOptions extends DecodeLimits {
  /** Names the blob in messages. */
  readonly archive: string;
  /** Each chunk is used up before the next one is asked for, so that several may be the same memory. */
  readonly transient?: boolean | undefined;
  /** Told once how the blob turned out to be compressed. */
  readonly onEncoding?: ((encoding: LayerEncoding) => void) | undefined;
}

/** Bytes that tell the compression. */
const MAGIC = 4;

/** How the first bytes of a blob say that it is compressed. Anything that is neither gzip nor zstd is taken as a tar. */
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
