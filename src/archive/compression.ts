import { createHash } from "node:crypto";
import { DefinitionError } from "../errors/layerwright-error.js";
import { gzipEncoder } from "./gzip-encoder.js";
import { type LayerEncoder, plainEncoder } from "./layer-encoder.js";
import { zstdEncoder } from "./zstd-encoder.js";

/** A compression as the user names it, taken apart. */
interface Compression {
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

/** A compression that has an implementation. */
export type EncoderKind = Exclude<Compression["kind"], "none">;

/** An implementation of a compression: its name and rules, and what it makes of a fixed text. */
interface EncoderMark {
  /** The part of an encoder's id that holds for every level: `node-zlib/1.3.1;...`. */
  readonly by: string;
  /** The sha256 of the text compressed at several levels, 64 lower-case hex characters. */
  readonly probe: string;
}

/** Levels that take different ways through the two libraries. */
const LEVELS = { gzip: [1, 6, 9], zstd: [1, 3, 9, 19] } as const;

/** The name and the rules of the encoder that this runtime has. */
export function encoderName(kind: EncoderKind): string {
  const { id } = encoderFor(kind);
  return id.slice(id.indexOf(";") + 1);
}

/** The mark of the encoder that this runtime has. Two with one probe give the same bytes, whatever their versions. */
export async function encoderMark(kind: EncoderKind): Promise<EncoderMark> {
  const hash = createHash("sha256");
  const text = probeText();
  for (const level of LEVELS[kind]) {
    const session = encoderFor(`${kind}:${level}`).open();
    try {
      hash.update(await session.encode(text));
    } finally {
      await session.close();
    }
  }
  return { by: encoderName(kind), probe: hash.digest("hex") };
}

/**
 * True when an encoder of this runtime gives the bytes of a mark: it has the same rules and probe. The same name is not
 * enough, since runtimes build one version of a library in ways that give other bytes.
 */
export async function hasMark(kind: EncoderKind, mark: EncoderMark): Promise<boolean> {
  const own = encoderName(kind);
  return rulesOf(own) === rulesOf(mark.by) && (await encoderMark(kind)).probe === mark.probe;
}

function rulesOf(name: string): string {
  return name.slice(name.indexOf(";") + 1);
}

/** 64 KiB with repetitions near and far, runs, and bytes that hardly compress. */
function probeText(): Buffer {
  const words = Array.from({ length: 512 }, (_, at) => `${((at + 1) * 2_654_435_761).toString(36)} `);
  const text = Buffer.alloc(64 * 1024);
  let state = 1;
  let at = 0;
  while (at < text.length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const choice = state >>> 16;
    if (choice % 16 === 0) at += text.write("=".repeat(choice % 61), at);
    else if (choice % 16 === 1) at = text.writeUInt8(choice % 256, at);
    else at += text.write(words[choice % words.length]!, at);
  }
  return text;
}
