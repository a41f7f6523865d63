import { setTimeout as delay } from "node:timers/promises";
import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import type { Downloader } from "../../ports/downloader.js";

/** How files are fetched. */
export interface HttpDownloaderOptions {
  /** Replaces the global `fetch`, e.g. by one that goes through a proxy. */
  readonly fetch?: typeof fetch;
  /** Milliseconds without a byte until a download counts as dead. @default 60000 */
  readonly idleMs?: number;
  /** Milliseconds before the first repetition; each further one waits four times as long. @default 500 */
  readonly retryMs?: number;
}

const ATTEMPTS = 3;

/** Fetches files over HTTP. An attempt that failed before its first byte is repeated twice. */
export class HttpDownloader implements Downloader {
  readonly #fetch: typeof fetch;
  readonly #idleMs: number;
  readonly #retryMs: number;

  constructor(options: HttpDownloaderOptions = {}) {
    this.#fetch = options.fetch ?? fetch;
    this.#idleMs = options.idleMs ?? 60_000;
    this.#retryMs = options.retryMs ?? 500;
  }

  async *fetch(url: string): AsyncGenerator<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      let started = false;
      try {
        for await (const chunk of this.#once(url)) {
          started = true;
          yield chunk;
        }
        return;
      } catch (error) {
        // Bytes that were handed on cannot be taken back, so from then on a failure is final.
        if (started || attempt === ATTEMPTS || !mayPass(error)) throw failure(url, error);
        await delay(this.#retryMs * 4 ** (attempt - 1));
      }
    }
  }

  async *#once(url: string): AsyncGenerator<Uint8Array> {
    const parsed = new URL(url);
    if (parsed.username !== "" || parsed.password !== "")
      throw new Refused("the address holds credentials", false);
    const controller = new AbortController();
    let timer = setTimeout(() => controller.abort(), this.#idleMs);
    try {
      const response = await this.#fetch(url, { signal: controller.signal, redirect: "follow" });
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        const passing = response.status >= 500 || response.status === 429 || response.status === 408;
        throw new Refused(`the server answers ${response.status}`, passing);
      }
      for await (const chunk of response.body) {
        clearTimeout(timer);
        yield chunk;
        timer = setTimeout(() => controller.abort(), this.#idleMs);
      }
    } catch (error) {
      if (controller.signal.aborted) throw new Refused(`nothing came for ${this.#idleMs / 1000} s`, true);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** An answer that is not the file. */
class Refused extends Error {
  readonly passing: boolean;

  constructor(reason: string, passing: boolean) {
    super(reason);
    this.passing = passing;
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof Refused ? error.passing : !isLayerwrightError(error);
}

/** The coded error. What `fetch` throws can quote the whole address, so only its code is told. */
function failure(url: string, error: unknown): EnvironmentError {
  const shown = shownUrl(url);
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const reason =
    error instanceof Refused ? error.message : `${cause?.code ?? code ?? "the connection failed"}`;
  return new EnvironmentError("DOWNLOAD_FAILED", { url: shown, reason }, { subject: shown });
}

function shownUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "the address";
  }
}
