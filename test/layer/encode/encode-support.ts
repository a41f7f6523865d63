import { randomFillSync } from "node:crypto";
import type { LayerEncoder } from "../../../src/archive/layer-encoder.js";

/** Bytes that shrink, from a fixed generator. */
export function prose(size: number, seed = 1): Buffer {
  const words = ["layer", "image", "tar", "digest", "blob", "config", "whiteout", "entry", "block", "\n"];
  let state = seed;
  let text = "";
  while (text.length < size) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += `${words[(state >>> 16) % words.length]} `;
  }
  return Buffer.from(text.slice(0, size));
}

/** Bytes that do not. */
export function noise(size: number): Buffer {
  return randomFillSync(Buffer.alloc(size));
}

/** Encodes blocks one after another, or all at once as far as the encoder allows. */
export async function encodeAll(
  encoder: LayerEncoder,
  blocks: readonly Buffer[],
  together = true,
): Promise<Buffer> {
  const session = encoder.open();
  const pieces: Uint8Array[] = [session.header];
  const pending: Promise<Uint8Array>[] = [];
  const drain = async () => pieces.push(Buffer.from(await pending.shift()!));
  for (const block of blocks) {
    session.note(block);
    pending.push(session.encode(block));
    if (pending.length >= (together ? encoder.parallel : 1)) await drain();
  }
  while (pending.length > 0) await drain();
  pieces.push(session.trailer());
  await session.close();
  return Buffer.concat(pieces);
}
