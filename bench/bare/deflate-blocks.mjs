// gzip at level 1 on the threads that Node has anyway. A block begins with no memory of the one before and ends on a
// whole byte, so blocks can be compressed at the same time and put together as one member.
import { constants, crc32, createDeflateRaw } from "node:zlib";
import { BLOCK } from "./blocks.mjs";

/** Room for what does not get smaller, so that a block is always one step. */
const ROOM = BLOCK + (BLOCK >> 3);

/** Above so many bits a byte deflate gains nothing, and it is slowest there. */
const DENSE = 7.95;

/** The longest stored block of deflate. */
const STORED = 0xffff;

export function deflateBlocks() {
  const streams = [];
  let crc = 0;
  let total = 0;
  return {
    head: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]),
    memory: () => Buffer.allocUnsafeSlow(BLOCK),
    async compress(bytes, slot) {
      crc = crc32(bytes, crc);
      total += bytes.length;
      if (entropy(bytes) > DENSE) return stored(bytes);
      streams[slot] ??= createDeflateRaw({
        level: 1,
        flush: constants.Z_SYNC_FLUSH,
        chunkSize: ROOM,
        readableHighWaterMark: 2 * ROOM,
        writableHighWaterMark: 2 * ROOM,
      });
      return deflate(streams[slot], bytes);
    },
    tail() {
      // An empty last block, then what gzip knows of all of it.
      const bytes = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      bytes.writeUInt32LE(crc, 2);
      bytes.writeUInt32LE(total % 2 ** 32, 6);
      return bytes;
    },
    close() {
      for (const stream of streams) stream?.destroy();
    },
  };
}

function deflate(stream, bytes) {
  // Writes the result over the last one, which is in the file by now. Node has no official way to say so, and
  // otherwise most blocks need a second step and new memory.
  stream._outOffset = 0;
  return new Promise((resolve) => {
    stream.write(bytes, () => {
      const result = stream.read();
      stream.reset();
      resolve(result);
    });
  });
}

/** Bits a byte, of every 16th byte. */
function entropy(bytes) {
  const counts = new Uint32Array(256);
  for (let at = 0; at < bytes.length; at += 16) counts[bytes[at]]++;
  const all = Math.ceil(bytes.length / 16);
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / all) * Math.log2(count / all);
  return bits;
}

function stored(bytes) {
  const result = Buffer.allocUnsafe(bytes.length + 5 * Math.ceil(bytes.length / STORED));
  let to = 0;
  for (let at = 0; at < bytes.length; at += STORED) {
    const part = Math.min(STORED, bytes.length - at);
    result[to] = 0;
    result.writeUInt16LE(part, to + 1);
    result.writeUInt16LE(~part & 0xffff, to + 3);
    bytes.copy(result, to + 5, at, at + part);
    to += 5 + part;
  }
  return result;
}
