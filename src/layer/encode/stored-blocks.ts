const MAX_STORED = 0xffff;
const HEADER = 5;

/** Bytes that stored blocks take for this many raw bytes. */
export function storedSize(rawSize: number): number {
  return rawSize + Math.ceil(rawSize / MAX_STORED) * HEADER;
}

/**
 * Raw bytes as stored deflate blocks, none of them final (RFC 1951, 3.2.4). Our own code because zlib's level 0
 * cuts its blocks by how the input happened to arrive.
 *
 * @param output where they are put, at least `storedSize` bytes
 */
export function storedBlocks(
  raw: Uint8Array,
  output: Buffer = Buffer.allocUnsafe(storedSize(raw.length)),
): Buffer {
  let to = 0;
  for (let from = 0; from < raw.length; from += MAX_STORED) {
    const length = Math.min(MAX_STORED, raw.length - from);
    output[to] = 0;
    output.writeUInt16LE(length, to + 1);
    output.writeUInt16LE(length ^ 0xffff, to + 3);
    output.set(raw.subarray(from, from + length), to + HEADER);
    to += HEADER + length;
  }
  return output.subarray(0, to);
}
