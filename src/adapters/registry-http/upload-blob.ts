import { RegistryError } from "../../errors/layerwright-error.js";
import type { Repository, TransferOptions, UploadBlob, UploadOutcome } from "../../ports/registry.js";
import { addressOf } from "./endpoint.js";
import { repositoryText } from "./failure.js";
import type { Answer } from "./http/answer.js";
import { redirectProblem, shownOrigin } from "./http/origin.js";
import type { RequestBody } from "./http/request.js";
import type { RegistryRequest, RegistrySession } from "./registry-session.js";

/** Parts of a blob that is too large to be sent whole. */
const DEFAULT_CHUNK = 10 << 20;
/** Times that one blob is begun, or taken up again without progress. */
const TRIES = 5;
/** Bytes that make a try worth its while. */
const PROGRESS = 1 << 20;

/** What an upload depends on. */
export interface UploadSettings {
  readonly chunkBytes: number | undefined;
}

/**
 * Makes a blob be in a repository: it is there, is linked from another repository of the registry, or is sent, whole
 * where the registry takes that. An upload that breaks is taken up where the registry says it is.
 */
export async function uploadBlob(
  session: RegistrySession,
  to: Repository,
  blob: UploadBlob,
  settings: UploadSettings,
  options: TransferOptions & { readonly mountFrom?: readonly Repository[] } = {},
): Promise<UploadOutcome> {
  const upload = new Upload(session, to, blob, options);
  const source = (options.mountFrom ?? []).find(
    ({ domain, path }) => domain === to.domain && path !== to.path,
  );
  // Linking what is there already does no harm, and saves the question.
  if (source !== undefined && (await upload.begin(source))) return "mounted";
  if (await upload.isThere()) {
    await upload.cancel();
    return "present";
  }
  if (!upload.isBegun) await upload.begin(undefined);
  await upload.send(settings.chunkBytes);
  return "uploaded";
}

class Upload {
  readonly #session: RegistrySession;
  readonly #to: Repository;
  readonly #blob: UploadBlob;
  readonly #options: TransferOptions;
  /** Where the next request of the upload goes; the registry gives it. */
  #location: URL | undefined;
  #chunkLeast = 0;

  constructor(session: RegistrySession, to: Repository, blob: UploadBlob, options: TransferOptions) {
    this.#session = session;
    this.#to = to;
    this.#blob = blob;
    this.#options = options;
  }

  async isThere(): Promise<boolean> {
    const url = addressOf(this.#session.endpoint, this.#to, `blobs/${this.#blob.descriptor.digest}`);
    const answer = await this.#request({ method: "HEAD", url, expect: [200, 404] });
    answer.discard();
    return answer.status === 200;
  }

  /** Begins an upload; true where the registry had the blob in the other repository and linked it. */
  async begin(source: Repository | undefined): Promise<boolean> {
    const url = addressOf(this.#session.endpoint, this.#to, "blobs/uploads/");
    if (source !== undefined) {
      url.searchParams.set("mount", this.#blob.descriptor.digest);
      url.searchParams.set("from", source.path);
      const scopes = [`repository:${source.path}:pull`];
      try {
        const answer = await this.#request({ method: "POST", url, expect: [201, 202] }, scopes);
        answer.discard();
        if (answer.status === 201) return true;
        this.#noteLocation(answer);
        return false;
      } catch (error) {
        // Who may push here need not be allowed to see there: then it is sent.
        if (!(error instanceof RegistryError) || !MAY_STILL_SEND.has(error.code)) throw error;
        url.search = "";
      }
    }
    const answer = await this.#request({ method: "POST", url, expect: [202] });
    answer.discard();
    this.#noteLocation(answer);
    return false;
  }

  get isBegun(): boolean {
    return this.#location !== undefined;
  }

  /** Tells the registry that nothing will come. */
  async cancel(): Promise<void> {
    if (this.#location === undefined) return;
    const forgotten = [200, 202, 204, 400, 404, 405];
    const request = { method: "DELETE", url: this.#location, expect: forgotten, repeat: false } as const;
    await this.#request(request).then(
      (answer) => answer.discard(),
      () => {},
    );
  }

  async send(chunkBytes: number | undefined): Promise<void> {
    const { onProgress, signal } = this.#options;
    let chunk = chunkBytes;
    let offset = 0;
    let furthest = 0;
    for (let tries = 1; ; tries++) {
      try {
        if (chunk === undefined && offset === 0) await this.#finish(0);
        else await this.#sendParts(offset, chunk);
        break;
      } catch (error) {
        signal?.throwIfAborted();
        const tooLarge = chunk === undefined && isTooLarge(error);
        if (!tooLarge && (!isBrokenOff(error) || tries === TRIES)) throw error;
        await this.#session.backOff(tries, signal);
        const reached = await this.#reached();
        if (reached === "there") break;
        // What refuses a large body may also just hang up.
        if (tooLarge || (reached === 0 && tries === TRIES - 2)) chunk ??= DEFAULT_CHUNK;
        if (reached - furthest >= PROGRESS) tries = 0;
        furthest = Math.max(furthest, reached);
        offset = reached;
      }
    }
    onProgress?.(this.#blob.descriptor.size);
  }

  async #sendParts(from: number, chunk: number | undefined): Promise<void> {
    const { size } = this.#blob.descriptor;
    for (let offset = from, still = 0; offset < size; ) {
      const reached = await this.#sendPart(offset, Math.max(chunk ?? size, this.#chunkLeast));
      still = reached > offset ? 0 : still + 1;
      if (still === TRIES) throw this.#refusal("it keeps nothing of what it takes");
      offset = reached;
    }
    await this.#finish(size);
  }

  /** Sends one part and gives how far the registry is then. */
  async #sendPart(offset: number, length: number): Promise<number> {
    const end = Math.min(offset + length, this.#blob.descriptor.size);
    const answer = await this.#request({
      method: "PATCH",
      url: this.#location!,
      headers: { "content-type": "application/octet-stream", "content-range": `${offset}-${end - 1}` },
      body: this.#body(offset, end),
      expect: [202],
      repeat: false,
    });
    answer.discard();
    this.#noteLocation(answer);
    // A range of one byte looks like that of none.
    return end === 1 ? 1 : (rangeEnd(answer) ?? end);
  }

  /** Sends what is left, and says which blob it was. */
  async #finish(offset: number): Promise<void> {
    const { digest, size } = this.#blob.descriptor;
    const url = new URL(this.#location!);
    url.searchParams.set("digest", digest);
    const answer = await this.#request({
      method: "PUT",
      url,
      headers: { "content-type": "application/octet-stream" },
      body: offset < size ? this.#body(offset, size) : undefined,
      expect: [201, 204],
      repeat: false,
    });
    answer.discard();
  }

  /** How many bytes the registry has; a new upload is begun where it has forgotten this one, unless that was because it is done. */
  async #reached(): Promise<number | "there"> {
    try {
      const answer = await this.#request({ method: "GET", url: this.#location!, expect: [200, 202, 204] });
      answer.discard();
      this.#noteLocation(answer);
      return rangeEnd(answer) ?? 0;
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== "REGISTRY_REFUSED") throw error;
    }
    if (await this.isThere()) return "there";
    await this.begin(undefined);
    return 0;
  }

  #body(offset: number, end: number): RequestBody {
    const { onProgress } = this.#options;
    const blob = this.#blob;
    return {
      size: end - offset,
      async *bytes() {
        let at = offset;
        for await (const chunk of blob.bytes(offset)) {
          const part = at + chunk.length > end ? chunk.subarray(0, end - at) : chunk;
          if (part.length > 0) yield part;
          at += part.length;
          onProgress?.(at);
          if (at >= end) return;
        }
      },
    };
  }

  #noteLocation({ headers, url }: Answer): void {
    const { location } = headers;
    const least = Number(headers["oci-chunk-min-length"] ?? 0);
    if (Number.isSafeInteger(least) && least > 0) this.#chunkLeast = least;
    if (location !== undefined && URL.canParse(location, url.href)) {
      const next = withoutLogin(new URL(location, url));
      const problem = redirectProblem(url, next);
      if (problem !== undefined) {
        const registry = this.#to.domain;
        const parameters = { registry, target: shownOrigin(next), reason: problem };
        throw new RegistryError("REDIRECT_REFUSED", parameters, { subject: registry });
      }
      this.#location = next;
    }
    if (this.#location === undefined) throw this.#refusal("it does not say where to send the blob");
  }

  #refusal(reason: string): RegistryError {
    const repository = repositoryText(this.#to);
    const parameters = { repository, action: "push to", status: 202, reason };
    return new RegistryError("REGISTRY_REFUSED", parameters, { subject: repository });
  }

  #request(
    request: Omit<RegistryRequest, "repository" | "action" | "scopes" | "signal">,
    scopes: readonly string[] = [],
  ): Promise<Answer> {
    return this.#session.request({
      ...request,
      repository: this.#to,
      action: "push to",
      scopes: [`repository:${this.#to.path}:pull,push`, ...scopes],
      signal: this.#options.signal,
    });
  }
}

const MAY_STILL_SEND: ReadonlySet<string> = new Set(["REGISTRY_DENIED", "REGISTRY_REFUSED", "TOKEN_FAILED"]);
const BROKEN_OFF: ReadonlySet<string> = new Set([
  "REGISTRY_UNREACHABLE",
  "REGISTRY_SILENT",
  "REGISTRY_FAILED",
]);

function isBrokenOff(error: unknown): boolean {
  return error instanceof RegistryError && (BROKEN_OFF.has(error.code) || isForgotten(error));
}

/** A session that is gone or elsewhere than we thought, which registries say in different ways. */
function isForgotten(error: RegistryError): boolean {
  return error.code === "REGISTRY_REFUSED" && /answers (?:404|416)/.test(error.message);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RegistryError && /answers 413/.test(error.message);
}

/** A login in an address is not ours to use. */
function withoutLogin(url: URL): URL {
  url.username = "";
  url.password = "";
  return url;
}

/** The bytes that `Range: 0-N` says the registry has. A registry that has none says 0-0 or 0--1. */
function rangeEnd({ headers }: Answer): number | undefined {
  const range = /^(?:bytes=)?0-(-?\d+)$/.exec(String(headers["range"] ?? ""));
  if (range === null) return undefined;
  const last = Number(range[1]);
  return last <= 0 ? 0 : last + 1;
}
