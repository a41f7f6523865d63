import { IntegrityError } from "../../errors/layerwright-error.js";

/** How much a compressed archive may unpack to. */
export interface DecodeLimits {
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
export class DecodeMeter {
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
