const MAX_STORED = 0xffff;
const HEADER = 5;

/**
 * Raw bytes as stored deflate blocks, none of them final (RFC 1951, 3.2.4). Our own code because zlib's level 0
 * cuts its blocks by how the input happened to arrive.
 */
export function storedBlocks(raw: Uint8Array): Buffer {
  const count = Math.ceil(raw.length / MAX_STORED);
  const output = Buffer.allocUnsafe(raw.length + count * HEADER);
  let to = 0;
  for (let from = 0; from < raw.length; from += MAX_STORED) {
    const length = Math.min(MAX_STORED, raw.length - from);
    output[to] = 0;
    output.writeUInt16LE(length, to + 1);
    output.writeUInt16LE(length ^ 0xffff, to + 3);
    output.set(raw.subarray(from, from + length), to + HEADER);
    to += HEADER + length;
  }
  return output;
}
