import { createGunzip } from "node:zlib";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { ZlibPieces } from "./zlib-pieces.js";

/** Room for the output of a piece. What is not used of it is never touched, and so costs nothing. */
const OUTPUT = 1 << 20;

/** Input that is unpacked at a time: large enough that its way to a thread and back is nothing beside it. */
const PIECE = 1 << 16;

/**
 * Unpacks gzip, one member or several. NULs after the end are passed over, as tape padding; anything else is damage.
 * Each chunk is valid until the next one is asked for.
 */
export async function* gunzipChunks(
  chunks: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<Uint8Array, void, void> {
  const pieces = new ZlibPieces((options) => createGunzip(options), OUTPUT);
  let held: Uint8Array | undefined;
  let fed = 0;
  let ended = false;
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        const piece = chunk.subarray(at, at + PIECE);
        if (ended) {
          checkPadding(piece, archive);
          continue;
        }
        fed += piece.length;
        pieces.start(piece);
        // Used up by the receiver while the next piece is unpacked.
        if (held !== undefined) yield held;
        held = undefined;
        for (let next = await pieces.next(); next !== undefined; next = await pieces.next()) {
          if (held !== undefined) yield held;
          held = next;
        }
        // A stream that took less than it was given has met its end. What comes then Node would not look at.
        const rest = fed - pieces.bytesTaken;
        if (rest === 0) continue;
        ended = true;
        checkPadding(piece.subarray(piece.length - rest), archive);
      }
    }
    if (!ended) pieces.end();
    if (held !== undefined) yield held;
    for (let next = await pieces.next(); next !== undefined; next = await pieces.next()) yield next;
  } catch (error) {
    throw asDamage(error, archive);
  } finally {
    pieces.close();
  }
}

function checkPadding(rest: Uint8Array, archive: string): void {
  for (const byte of rest) if (byte !== 0) throw damaged(archive, "something follows its end");
}

function asDamage(error: unknown, archive: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== "string" || !code.startsWith("Z_")) return error;
  const reason = code === "Z_BUF_ERROR" ? "it ends in the middle" : (error as Error).message;
  return damaged(archive, reason, error);
}

function damaged(archive: string, reason: string, cause?: unknown): IntegrityError<"COMPRESSION_DAMAGED"> {
  return new IntegrityError(
    "COMPRESSION_DAMAGED",
    { archive, kind: "gzip", reason },
    { subject: archive, cause },
  );
}
