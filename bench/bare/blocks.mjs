// What every bare program ends in: bytes become blocks of 1 MiB, blocks are compressed elsewhere while the next ones
// are read, and what comes back is written in order. Both sums are taken here, each byte is seen once.
import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";

export const BLOCK = 1 << 20;

/** More blocks on their way than this only need memory: the machines that are measured have two to four cores. */
const IN_FLIGHT = 4;

/** Memory and compressors are used in turn: one for each block on its way, and one for the block that is filled. */
const SLOTS = IN_FLIGHT + 1;

export class Blocks {
  /** The block that is filled, and how far. */
  block;
  used = 0;
  #fd;
  #codec;
  #slot = 0;
  #memory = [];
  #waiting = [];
  #plain = createHash("sha256");
  #written = createHash("sha256");
  #size = 0;

  /** `codec` compresses a block (`compress`), and knows what comes before (`head`) and after all blocks (`tail`). */
  constructor(path, codec) {
    this.#fd = openSync(path, "w");
    this.#codec = codec;
    this.block = this.#memory[0] = codec.memory(0);
    this.#write(codec.head);
  }

  /** Sends the block on its way; waits for the oldest when too many are. */
  async next() {
    const bytes = this.block.subarray(0, this.used);
    this.#plain.update(bytes);
    if (this.#waiting.length === IN_FLIGHT) this.#write(await this.#waiting.shift());
    this.#waiting.push(this.#codec.compress(bytes, this.#slot));
    this.#slot = (this.#slot + 1) % SLOTS;
    this.block = this.#memory[this.#slot] ??= this.#codec.memory(this.#slot);
    this.used = 0;
  }

  /** Copies bytes that lie in memory already. */
  async put(bytes) {
    for (let at = 0; at < bytes.length; ) {
      if (this.used === BLOCK) await this.next();
      const part = Math.min(bytes.length - at, BLOCK - this.used);
      this.block.set(part === bytes.length ? bytes : bytes.subarray(at, at + part), this.used);
      this.used += part;
      at += part;
    }
  }

  /** Zeros up to a whole number of 512 bytes, of which a block holds a whole number too. */
  pad() {
    const end = Math.ceil(this.used / 512) * 512;
    this.block.fill(0, this.used, end);
    this.used = end;
  }

  /** The two blocks of zeros that end a tar, the blocks still on their way, and the codec's last bytes. */
  async end() {
    await this.put(Buffer.alloc(1024));
    await this.next();
    for (const bytes of this.#waiting) this.#write(await bytes);
    this.#write(this.#codec.tail());
    this.#codec.close();
    closeSync(this.#fd);
    return { digest: this.#written.digest("hex"), diffId: this.#plain.digest("hex"), size: this.#size };
  }

  #write(bytes) {
    this.#written.update(bytes);
    this.#size += bytes.length;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }
}
