import { createHash } from "node:crypto";
import { IntegrityError, RegistryError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/manifest.js";
import type { BlobSink, Repository, TransferOptions } from "../../ports/registry.js";
import { connectionError, isBroken, repositoryText } from "./failure.js";
import { type Answer, CutShort } from "./http/message.js";
import type { RegistrySession } from "./registry-session.js";
import { addressOf } from "./settings.js";

/** From here on a connection of its own is worth it. */
const LARGE = 1 << 20;
/** A connection that breaks after this many bytes was worth its while, and counts as no try. */
const PROGRESS = 1 << 20;

/**
 * Reads a blob into a sink. A connection that breaks is taken up where it was, at the next server if there is one; the
 * digest is of all bytes in their order, however they came.
 *
 * @throws {RegistryError} BLOB_NOT_IN_REGISTRY, and when no server gives it
 * @throws {IntegrityError} BLOB_WRONG
 */
export async function downloadBlob(
  servers: readonly RegistrySession[],
  from: Repository,
  descriptor: Descriptor,
  sink: BlobSink,
  { signal, onProgress }: TransferOptions = {},
): Promise<void> {
  const { digest, size } = descriptor;
  const repository = repositoryText(from);
  const wrong = (reason: string) =>
    new IntegrityError("BLOB_WRONG", { repository, digest, reason }, { subject: digest });
  const hash = createHash("sha256");
  let done = 0;
  const take = (chunk: Uint8Array): void => {
    if (done + chunk.length > size) throw wrong(`it has more than ${size} bytes`);
    hash.update(chunk);
    done += chunk.length;
    sink(chunk);
    onProgress?.(done);
  };
  let ranged = true;
  for (let tries = 0, at = 0; ; ) {
    const session = servers[Math.min(at, servers.length - 1)]!;
    const before = done;
    try {
      const answer = await askFor(session, from, descriptor, ranged ? done : 0, signal);
      const skip = done - startOf(answer, done, size);
      if (answer.status === 404) {
        answer.discard();
        throw new RegistryError("BLOB_NOT_IN_REGISTRY", { repository, digest }, { subject: digest });
      }
      if (Number.isNaN(skip)) {
        // A range that nobody asked for, or none where there should be one: from the start, without a range.
        answer.discard();
        if (!ranged)
          throw wrong(
            `it comes as the range ${JSON.stringify(answer.headers["content-range"] ?? "").slice(0, 80)}`,
          );
        ranged = false;
        continue;
      }
      const problem = problemOf(answer, size - done + skip, at < servers.length - 1);
      if (problem !== undefined) {
        answer.discard();
        throw wrong(problem);
      }
      await receive(answer, skip, take);
      if (done < size) {
        // A body that the end of the connection ends may be cut short without any sign of it.
        if (answer.headers["content-length"] === undefined) throw new CutShort();
        throw wrong(`it has ${done} bytes, not ${size}`);
      }
      break;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof IntegrityError) {
        // What a mirror gives in its place can be left alone only while none of it was handed on.
        if (done > 0 || at === servers.length - 1) throw error;
        at++;
        continue;
      }
      if (done - before >= PROGRESS) tries = 0;
      tries++;
      const next = at < servers.length - 1;
      const again = isBroken(error) && tries < session.attempts;
      if (!next && !again) throw connectionError(error, session.endpoint.domain);
      if (next && !(again && done > before)) at++;
      else if (done === before) await session.backOff(tries, signal);
    }
  }
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== digest) throw wrong(`its digest is ${found}`);
}

function askFor(
  session: RegistrySession,
  from: Repository,
  { digest, size }: Descriptor,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return session.request({
    repository: from,
    action: "pull from",
    method: "GET",
    url: addressOf(session.endpoint, from, `blobs/${digest}`),
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    scopes: [`repository:${from.path}:pull`],
    expect: [200, 206, 404, 416],
    large: size - offset >= LARGE,
    signal,
  });
}

/** The offset that an answer begins at; NaN for one that fits no question. */
function startOf({ status, headers }: Answer, asked: number, size: number): number {
  if (status === 200 || status === 404) return 0;
  if (status !== 206) return Number.NaN;
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers["content-range"] ?? "");
  if (range === null) return Number.NaN;
  const [start, end, total] = [
    Number(range[1]),
    Number(range[2]),
    range[3] === "*" ? size : Number(range[3]),
  ];
  return start === asked && end === size - 1 && total === size ? start : Number.NaN;
}

/** The fault of an answer that shows before any of it is read. */
function problemOf({ headers }: Answer, wanted: number, isMirror: boolean): string | undefined {
  const { "content-length": length, "content-type": type } = headers;
  if (length !== undefined && Number(length) !== wanted)
    return `it comes with ${length} bytes, not ${wanted}`;
  // A page to log in at, which is as long as it likes.
  return isMirror && /^text\/html\b/.test(type ?? "") ? "it is a page of text" : undefined;
}

/** Hands on a body without its first bytes, which came before. */
function receive(answer: Answer, skip: number, take: BlobSink): Promise<void> {
  let left = skip;
  return answer.pump((chunk) => {
    if (left >= chunk.length) {
      left -= chunk.length;
      return;
    }
    take(left === 0 ? chunk : chunk.subarray(left));
    left = 0;
  });
}
