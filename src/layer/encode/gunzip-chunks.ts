import { createGunzip, type Gunzip } from "node:zlib";
import { IntegrityError } from "../../errors/layerwright-error.js";

/** Output buffers of this size make streaming gunzip two and a half times as fast as Node's 16 KiB. */
const OUTPUT = 1 << 18;

/** Unpacks gzip, one member or several. NULs after the end are passed over, as tape padding; anything else is damage. */
export async function* gunzipChunks(
  chunks: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip({ chunkSize: OUTPUT });
  const input = chunks[Symbol.asyncIterator]();
  const feeding = feed(input, gunzip, archive);
  // Awaited below; without this a failure while the output is read would be an unhandled one.
  feeding.catch(() => {});
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
    await feeding;
  } catch (error) {
    throw asDamage(error, archive);
  } finally {
    gunzip.destroy();
    await input.return?.();
  }
}

/** Pushes the input into the stream, and looks itself at what comes after the last member: Node ignores that. */
async function feed(input: AsyncIterator<Uint8Array>, gunzip: Gunzip, archive: string): Promise<void> {
  let fed = 0;
  let ended = false;
  gunzip.once("end", () => {
    ended = true;
  });
  try {
    for (;;) {
      const next = await input.next();
      if (next.done === true || gunzip.destroyed) break;
      const chunk = next.value;
      if (chunk.length === 0) continue;
      if (!ended) {
        fed += chunk.length;
        await written(gunzip, chunk);
        // A stream that took less than it was given has met its end.
        const rest = fed - gunzip.bytesWritten;
        if (rest > 0) {
          ended = true;
          checkPadding(chunk.subarray(chunk.length - rest), archive);
        }
      } else checkPadding(chunk, archive);
    }
    if (!ended && !gunzip.destroyed) gunzip.end();
  } catch (error) {
    gunzip.destroy(error as Error);
    throw error;
  }
}

/** Resolves when the stream has worked through the chunk, has ended, or was destroyed. */
function written(gunzip: Gunzip, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gunzip.off("end", done);
      gunzip.off("close", done);
      resolve();
    };
    gunzip.once("end", done);
    gunzip.once("close", done);
    gunzip.write(chunk, done);
  });
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
