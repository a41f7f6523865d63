import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import type { Downloader } from "../../ports/file-source.js";
import { trustIn } from "./certificates.js";
import { connectionReason, isBroken } from "./failure.js";
import { Connections } from "./http/connections.js";
import { defaultRate, type IncomingAnswer, ProxyRefused, type RateOptions } from "./http/message.js";
import { follow, RedirectRefused } from "./http/origin.js";
import type { Environment } from "./http/proxy.js";
import { Pace, type PaceOptions, repeated, waitOf } from "./pace.js";
import type { RegistrySettings } from "./settings.js";

/** Options of a downloader. */
export interface HttpDownloaderOptions {
  /** The settings of registries: their certificates count for files of the same host, too. */
  readonly settings?: Readonly<Record<string, RegistrySettings>> | undefined;
  /** The variables that name proxies and authorities. @default - the process's own */
  readonly env?: Environment;
  /** Milliseconds without a byte until a connection counts as dead. @default 60000 */
  readonly idleMs?: number;
  readonly pace?: Partial<PaceOptions>;
  readonly rate?: Partial<RateOptions>;
}

const PACE: PaceOptions = { attempts: 3, firstMs: 500, longestMs: 120_000 };
/** Bytes after which a connection that breaks counts as no try. */
const PROGRESS = 1 << 20;

/** The part of a file that is there, and the tag of the version that it is of. */
interface Begun {
  readonly done: number;
  readonly tag: string | undefined;
}

/**
 * Files over HTTP, through the same connections as registries: proxies, certificates, redirects, time limits and
 * repetition are theirs. A connection that breaks in the middle is taken up where it was, if the server names versions
 * (ETag).
 */
export class HttpDownloader implements Downloader {
  readonly #connections: Connections;
  readonly #pace: PaceOptions;

  constructor(options: HttpDownloaderOptions = {}) {
    const { settings = {}, env = process.env, idleMs = 60_000, pace, rate } = options;
    this.#pace = { ...PACE, ...pace };
    this.#connections = new Connections({
      ...{ env, idleMs, rate: { ...defaultRate, ...rate } },
      trustOf: trustIn(settings, env),
    });
  }

  async *fetch(url: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const pace = new Pace("", this.#pace);
    let begun: Begun = { done: 0, tag: undefined };
    for (let tries = 1; ; tries++) {
      const before = begun.done;
      let hasAnswer = false;
      try {
        const answer = await this.#ask(url, begun, pace, signal);
        hasAnswer = true;
        begun = { ...begun, tag: begun.tag ?? strongTag(answer) };
        for await (const chunk of answer.chunks()) {
          begun = { ...begun, done: begun.done + chunk.length };
          yield chunk;
        }
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (begun.done - before >= PROGRESS) tries = 0;
        // A request without an answer was repeated already; bytes that were handed on cannot be taken back.
        const resumes = hasAnswer && isBroken(error) && (begun.done === 0 || begun.tag !== undefined);
        if (!resumes || tries >= this.#pace.attempts) throw failure(url, error);
        await pace.backOff(Math.max(1, tries), signal);
      }
    }
  }

  close(): void {
    this.#connections.close();
  }

  /** The answer that has the file from where it is wanted. */
  async #ask(
    text: string,
    { done, tag }: Begun,
    pace: Pace,
    signal: AbortSignal | undefined,
  ): Promise<IncomingAnswer> {
    const url = new URL(text);
    if (url.protocol !== "https:" && url.protocol !== "http:")
      throw new Refused("the address is neither http nor https");
    if (url.username !== "" || url.password !== "") throw new Refused("the address holds credentials");
    const headers = done === 0 ? {} : { range: `bytes=${done}-`, "if-range": tag! };
    const expected = done === 0 ? 200 : 206;
    const once = async () => {
      const answer = await follow({ method: "GET", url, headers, signal }, (request) =>
        this.#connections.send(request),
      );
      pace.hold(waitOf(answer) ?? 0);
      return answer;
    };
    const { answer } = await repeated(
      pace,
      this.#pace.attempts,
      once,
      (status) => status === expected,
      signal,
    );
    const { status } = answer;
    if (status === expected && (done === 0 || startOf(answer) === done)) return answer;
    answer.discard();
    if (done > 0 && (status === 200 || status === 206))
      throw new Refused("the connection broke, and the server does not give the rest of the same file");
    throw new Refused(`the server answers ${status}`);
  }
}

/** The name of a version whose bytes are the same ones (RFC 9110 section 8.8.3), if there is one. */
function strongTag({ headers }: IncomingAnswer): string | undefined {
  return /^"[^"\r\n]*"$/.test(headers.etag ?? "") ? headers.etag : undefined;
}

function startOf({ headers }: IncomingAnswer): number {
  return Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1] ?? Number.NaN);
}

/** An answer that is not the file. */
class Refused extends Error {}

/** The coded error. It shows neither a query, which may be signed, nor a login of a proxy. */
function failure(url: string, error: unknown): unknown {
  if (isLayerwrightError(error)) return error;
  const shown = shownUrl(url);
  return new EnvironmentError("DOWNLOAD_FAILED", { url: shown, reason: reasonOf(error) }, { subject: shown });
}

function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof ProxyRefused) return `the proxy ${error.proxy} does not lead there: ${error.message}`;
  if (error instanceof RedirectRefused)
    return `it leads to ${error.target}, where we do not go: ${error.message}`;
  const { code } = (error ?? {}) as { code?: unknown };
  return connectionReason(error) ?? (typeof code === "string" ? code : "the connection failed");
}

function shownUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "the address";
  }
}
