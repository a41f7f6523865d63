const RUNS = 64;
const RUN = 1024;
const counts = new Uint32Array(256);

/** Bits a byte above which a block is stored: random bytes sample at 7.997, compressed files above 7.98, text below 6. */
export const STORE_ABOVE = 7.95;

/**
 * The order-0 entropy of a block in bits a byte, from 64 evenly spread runs of 1 KiB (all of a smaller block). It
 * depends on the content only, so what it decides is the same everywhere.
 */
export function sampledEntropy(block: Uint8Array): number {
  counts.fill(0);
  let total = 0;
  if (block.length <= RUNS * RUN) {
    for (let index = 0; index < block.length; index++) counts[block[index]!]!++;
    total = block.length;
  } else {
    const stride = Math.floor((block.length - RUN) / (RUNS - 1));
    for (let run = 0; run < RUNS; run++) {
      const end = run * stride + RUN;
      for (let index = run * stride; index < end; index++) counts[block[index]!]!++;
    }
    total = RUNS * RUN;
  }
  let bits = 0;
  for (let value = 0; value < 256; value++) {
    const count = counts[value]!;
    if (count > 0) bits += count * Math.log2(total / count);
  }
  return total === 0 ? 0 : bits / total;
}
