import { IntegrityError, RegistryError } from "../../errors/layerwright-error.js";
import { isDigest } from "../../oci/digest.js";
import type { Repository, TransferOptions, UploadBlob, UploadOutcome } from "../../ports/registry.js";
import { repositoryText } from "./failure.js";
import type { Answer, RequestBody } from "./http/message.js";
import { redirectProblem, shownOrigin, targetOf } from "./http/origin.js";
import type { RegistryRequest, RegistrySession } from "./registry-session.js";
import { addressOf } from "./settings.js";

/** A part of a blob that is too large to be sent whole, and the smallest one that is tried. */
const DEFAULT_CHUNK = 10 << 20;
const LEAST_CHUNK = 64 << 10;
/** Times that one blob is begun, or taken up again without progress. */
const TRIES = 5;
/** Bytes that make a try worth its while. */
const PROGRESS = 1 << 20;
/** Milliseconds that an upload which was given up may take to say so. */
const CANCEL_MS = 2000;

/** The means of an upload. */
interface UploadSettings {
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
  try {
    // Linking what is there already does no harm, and saves the question.
    if (source !== undefined && (await upload.begin(source))) return "mounted";
    if (await upload.isThere()) {
      await upload.cancel(options.signal);
      return "present";
    }
    if (!upload.isBegun) await upload.begin(undefined);
    await upload.send(settings.chunkBytes);
    return "uploaded";
  } catch (error) {
    // Half a blob would lie in the registry until somebody sweeps it; whoever cannot be reached is not asked.
    if (options.signal?.aborted === true || !isCut(error)) {
      await upload.cancel(AbortSignal.timeout(CANCEL_MS));
    }
    throw error;
  }
}

class Upload {
  readonly #session: RegistrySession;
  readonly #to: Repository;
  readonly #blob: UploadBlob;
  readonly #options: TransferOptions;
  /** The address of the next request of the upload; the registry gives it. */
  #location: URL | undefined;
  #chunkLeast = 0;
  /** Bytes of the blob that left for this session at most: it cannot have more. */
  #sent = 0;
  /** True when the session goes on from where the registry said, which may be wrong. */
  #resumed = false;
  /** Parts of this session that the registry had no place for. */
  #misplaced = 0;

  constructor(session: RegistrySession, to: Repository, blob: UploadBlob, options: TransferOptions) {
    this.#session = session;
    this.#to = to;
    this.#blob = blob;
    this.#options = options;
  }

  async isThere(): Promise<boolean> {
    const { digest, size } = this.#blob.descriptor;
    const url = addressOf(this.#session.endpoint, this.#to, `blobs/${digest}`);
    let answer: Answer;
    try {
      answer = await this.#request({ method: "HEAD", url, expect: [200, 404] });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== "STORAGE_REFUSED") throw error;
      // Storages sign an address for a GET alone.
      const headers = { range: "bytes=0-0" };
      answer = await this.#request({ method: "GET", url, headers, expect: [200, 206, 404, 416] });
      answer.discard();
      return answer.status !== 404;
    }
    answer.discard();
    if (answer.status !== 200) return false;
    const { "content-length": length, "content-type": type } = answer.headers;
    const said = answer.headers["docker-content-digest"];
    if (said !== undefined) return said === digest;
    // A page to log in at has an answer for every address.
    return length === undefined ? !/^text\/html\b/.test(type ?? "") : Number(length) === size;
  }

  /** Begins an upload; true where the registry had the blob in the other repository and linked it. */
  async begin(source: Repository | undefined): Promise<boolean> {
    const url = addressOf(this.#session.endpoint, this.#to, "blobs/uploads/");
    this.#sent = 0;
    this.#resumed = false;
    this.#misplaced = 0;
    if (source !== undefined) {
      url.searchParams.set("mount", this.#blob.descriptor.digest);
      url.searchParams.set("from", source.path);
      const scopes = [`repository:${source.path}:pull`];
      try {
        const answer = await this.#request(
          { method: "POST", url, expect: [201, 202], attempts: MOUNT_TRIES },
          scopes,
        );
        answer.discard();
        if (answer.status === 202) this.#noteLocation(answer);
        else this.#checkStored(answer);
        return answer.status === 201;
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        // Who may push here need not be allowed to see there, and not every registry links: then it is sent.
        if (!(error instanceof RegistryError)) throw error;
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
  async cancel(signal: AbortSignal | undefined): Promise<void> {
    const url = this.#location;
    if (url === undefined) return;
    this.#location = undefined;
    const forgotten = [200, 202, 204, 400, 404, 405];
    const request = { method: "DELETE", url, expect: forgotten, attempts: 1, signal } as const;
    await this.#request(request).then(
      (answer) => answer.discard(),
      () => {},
    );
  }

  async send(chunkBytes: number | undefined): Promise<void> {
    const { onProgress, signal } = this.#options;
    const { size } = this.#blob.descriptor;
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
        if (statusOf(error) === 413) {
          const smaller = smallerThan(Math.max(chunk ?? size, this.#chunkLeast));
          if (smaller === undefined || smaller < this.#chunkLeast) throw error;
          chunk = smaller;
          tries--;
        } else if (isRefusal(error) && statusOf(error) !== 404 && statusOf(error) !== 416) {
          if (await this.isThere()) break;
          // Where the bytes were put at a wrong place, they are another blob.
          if (!this.#resumed || tries >= TRIES) throw error;
          // Once more, from the start.
          tries = TRIES - 1;
          offset = await this.#beginAgain();
          continue;
        } else if (!isBrokenOff(error) || tries >= TRIES) throw error;
        await this.#session.backOff(Math.max(1, tries), signal);
        if (statusOf(error) === 416 && this.#misplaced++ > 0) {
          offset = await this.#beginAgain();
          continue;
        }
        const reached = await this.#reached();
        if (reached === "there") break;
        // What refuses a large body may also just hang up.
        if (reached === 0 && tries === TRIES - 2) chunk ??= smallerThan(size);
        if (reached - furthest >= PROGRESS) tries = 0;
        furthest = Math.max(furthest, reached);
        offset = reached;
      }
    }
    this.#location = undefined;
    onProgress?.(size);
  }

  async #sendParts(from: number, chunk: number | undefined): Promise<void> {
    const { size } = this.#blob.descriptor;
    for (let offset = from; offset < size; ) {
      const end = Math.min(offset + Math.max(chunk ?? size, this.#chunkLeast), size);
      await this.#sendPart(offset, end);
      offset = end;
    }
    await this.#finish(size);
  }

  /**
   * Sends one part. What was taken counts, whatever the `Range` of the answer says: registries are one off there, or
   * say the same each time. Where one has kept less, it has no place for the next part, and is asked.
   */
  async #sendPart(offset: number, end: number): Promise<void> {
    const answer = await this.#request({
      method: "PATCH",
      url: this.#location!,
      headers: { "content-type": "application/octet-stream", "content-range": `${offset}-${end - 1}` },
      body: this.#body(offset, end),
      expect: [200, 201, 202, 204],
      attempts: 1,
    });
    answer.discard();
    this.#noteLocation(answer);
    if (rangeEnd(answer) !== end) this.#resumed = true;
  }

  /** Sends what is left, and says which blob it was. */
  async #finish(offset: number): Promise<void> {
    const { digest, size } = this.#blob.descriptor;
    const url = new URL(this.#location!);
    // What the registry wrote there stays as it is to the letter: it may be signed.
    url.search = `${url.search === "" ? "?" : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
    const answer = await this.#request({
      method: "PUT",
      url,
      headers: { "content-type": "application/octet-stream" },
      body: offset < size ? this.#body(offset, size) : undefined,
      expect: [200, 201, 202, 204],
      attempts: 1,
    });
    answer.discard();
    this.#checkStored(answer);
    // Only "created" says that it is there.
    if (answer.status !== 201 && !(await this.isThere()))
      throw this.#refusal("it does not have the blob afterwards", answer.status);
  }

  #checkStored({ headers }: Answer): void {
    const { digest } = this.#blob.descriptor;
    const said = headers["docker-content-digest"];
    if (!isDigest(said) || said === digest) return;
    const repository = repositoryText(this.#to);
    const reason = `it was stored as ${said}`;
    throw new IntegrityError("BLOB_WRONG", { repository, digest, reason }, { subject: digest });
  }

  /** A new session in place of the one whose bytes are out of place; gives where it is, the start. */
  async #beginAgain(): Promise<0> {
    await this.cancel(this.#options.signal);
    await this.begin(undefined);
    return 0;
  }

  /**
   * The number of bytes that the registry has; a new upload is begun where it has forgotten this one, unless that was
   * because it is done.
   */
  async #reached(): Promise<number | "there"> {
    try {
      const answer = await this.#request({ method: "GET", url: this.#location!, expect: [200, 202, 204] });
      answer.discard();
      this.#noteLocation(answer);
      const reached = rangeEnd(answer);
      if (reached === undefined) return this.#sent === 0 ? 0 : await this.#beginAgain();
      this.#resumed = true;
      return Math.min(reached, this.#sent);
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
    const note = (at: number) => {
      this.#sent = Math.max(this.#sent, at);
      onProgress?.(at);
    };
    return {
      size: end - offset,
      async *bytes() {
        let at = offset;
        for await (const chunk of blob.bytes(offset)) {
          const part = at + chunk.length > end ? chunk.subarray(0, end - at) : chunk;
          if (part.length > 0) {
            note(at + part.length);
            yield part;
          }
          at += part.length;
          if (at >= end) return;
        }
      },
    };
  }

  #noteLocation({ headers, url }: Answer): void {
    const { location } = headers;
    const least = Number(headers["oci-chunk-min-length"] ?? 0);
    if (Number.isSafeInteger(least) && least > 0) this.#chunkLeast = least;
    const target = location === undefined ? undefined : targetOf(location, url);
    if (target !== undefined) {
      const next = withoutLogin(target);
      const problem = redirectProblem(url, next);
      if (problem !== undefined) {
        const registry = this.#to.domain;
        const parameters = { registry, target: shownOrigin(next), reason: problem };
        throw new RegistryError("REDIRECT_REFUSED", parameters, { subject: registry });
      }
      this.#location = next;
    }
    if (this.#location === undefined) throw this.#refusal("it does not say where to send the blob", 202);
  }

  #refusal(reason: string, status: number): RegistryError {
    const repository = repositoryText(this.#to);
    const parameters = { repository, action: "push to", status, reason };
    return new RegistryError("REGISTRY_REFUSED", parameters, { subject: repository, status });
  }

  #request(
    request: Omit<RegistryRequest, "repository" | "action" | "scopes">,
    scopes: readonly string[] = [],
  ): Promise<Answer> {
    return this.#session.request({
      signal: this.#options.signal,
      ...request,
      repository: this.#to,
      action: "push to",
      scopes: [`repository:${this.#to.path}:pull,push`, ...scopes],
    });
  }
}

/** Tries of a mount: what cannot be linked is sent, so there is not much to lose. */
const MOUNT_TRIES = 2;

const CUT: ReadonlySet<string> = new Set(["REGISTRY_UNREACHABLE", "REGISTRY_SILENT"]);

/** True when the connection failed, not the registry. */
function isCut(error: unknown): boolean {
  return error instanceof RegistryError && CUT.has(error.code);
}

/** Failures after which an upload may go on where the registry is: a cut, a passing fault, a lost or moved session. */
function isBrokenOff(error: unknown): boolean {
  return (
    isCut(error) || (error instanceof RegistryError && error.code === "REGISTRY_FAILED") || isRefusal(error)
  );
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof RegistryError && (error.code === "REGISTRY_REFUSED" || error.code === "STORAGE_REFUSED")
  );
}

function statusOf(error: unknown): number | undefined {
  return error instanceof RegistryError ? error.status : undefined;
}

/** Half of what was too large; undefined where that would be too small to be worth a request. */
function smallerThan(bytes: number): number | undefined {
  const half = Math.min(DEFAULT_CHUNK, Math.ceil(bytes / 2));
  return half < LEAST_CHUNK ? undefined : half;
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
