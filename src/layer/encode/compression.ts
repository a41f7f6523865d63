import { DefinitionError } from "../../errors/layerwright-error.js";
import { gzipEncoder } from "./gzip-encoder.js";
import type { LayerEncoder } from "./layer-encoder.js";
import { plainEncoder } from "./plain-encoder.js";
import { zstdEncoder } from "./zstd-encoder.js";

/** A compression as the user names it, taken apart. */
export interface Compression {
  readonly kind: "gzip" | "zstd" | "none";
  /** 0 for none. */
  readonly level: number;
}

const DEFAULT_GZIP = 6;
const DEFAULT_ZSTD = 3;

/** Reads `"gzip"`, `"gzip:1"` to `"gzip:9"`, `"zstd"`, `"zstd:1"` to `"zstd:19"` or `"none"`; throws `COMPRESSION_UNKNOWN`. */
export function parseCompression(value: string): Compression {
  if (value === "none") return { kind: "none", level: 0 };
  const match = typeof value === "string" ? /^(gzip|zstd)(?::([1-9][0-9]?))?$/.exec(value) : null;
  const kind = match?.[1] as "gzip" | "zstd" | undefined;
  if (kind !== undefined) {
    const level =
      match?.[2] === undefined ? (kind === "gzip" ? DEFAULT_GZIP : DEFAULT_ZSTD) : Number(match[2]);
    if (level <= (kind === "gzip" ? 9 : 19)) return { kind, level };
  }
  throw new DefinitionError("COMPRESSION_UNKNOWN", { value: String(value) });
}

/** The encoder of a compression as the user names it. */
export function encoderFor(compression: string): LayerEncoder {
  const { kind, level } = parseCompression(compression);
  if (kind === "none") return plainEncoder;
  return kind === "gzip" ? gzipEncoder(level) : zstdEncoder(level);
}
