import { IntegrityError, isLayerwrightError, RegistryError } from "../../errors/layerwright-error.js";
import { digestOf, isDigest } from "../../oci/digest.js";
import type { Descriptor } from "../../oci/manifest.js";
import { MAX_DOCUMENT, mediaType } from "../../oci/manifest.js";
import { canonicalReference, type Reference } from "../../oci/reference.js";
import type { RegistryDocument } from "../../ports/registry.js";
import { connectionError, isBroken } from "./failure.js";
import { type Answer, BodyTooLong } from "./http/message.js";
import type { RegistrySession } from "./registry-session.js";
import { addressOf } from "./settings.js";

const TYPES: readonly string[] = [
  mediaType.ociIndex,
  mediaType.ociManifest,
  mediaType.dockerIndex,
  mediaType.dockerManifest,
];

/** Refusals whose reason is in the body. */
const UNTOLD: ReadonlySet<string> = new Set(["REGISTRY_DENIED", "REGISTRY_REFUSED", "STORAGE_REFUSED"]);

/** The descriptor that a tag or digest names; undefined where there is no such thing. */
export async function headDocument(
  session: RegistrySession,
  reference: Reference,
  signal: AbortSignal | undefined,
): Promise<Descriptor | "unsaid" | undefined> {
  const answer = await ask(session, reference, "HEAD", signal).catch((error: unknown) => {
    // An answer to HEAD has no words, and not every registry takes one: the document itself, or its refusal, tells.
    if (error instanceof RegistryError && UNTOLD.has(error.code)) return undefined;
    throw error;
  });
  if (answer === undefined) return "unsaid";
  answer.discard();
  if (answer.status === 404) return undefined;
  const digest = answer.headers["docker-content-digest"];
  const size = Number(answer.headers["content-length"] ?? Number.NaN);
  const type = typeOf(answer);
  // Some registries say less in a HEAD than the spec wants; the document itself then tells.
  if (!isDigest(digest) || !Number.isSafeInteger(size) || size <= 0 || type === undefined) return "unsaid";
  if (reference.digest !== undefined && reference.digest !== digest) return "unsaid";
  return { mediaType: type, digest, size };
}

/**
 * The manifest or index that a tag or digest names, verified.
 *
 * @throws {RegistryError} MANIFEST_NOT_FOUND
 * @throws {IntegrityError} MANIFEST_WRONG
 */
export async function getDocument(
  session: RegistrySession,
  reference: Reference,
  signal: AbortSignal | undefined,
): Promise<RegistryDocument> {
  const name = canonicalReference(reference);
  const wrong = (reason: string) =>
    new IntegrityError("MANIFEST_WRONG", { reference: name, reason }, { subject: name });
  const { answer, bytes } = await askWhole(session, reference, wrong, signal);
  if (bytes === undefined)
    throw new RegistryError("MANIFEST_NOT_FOUND", { reference: name }, { subject: name });
  const value = parsed(bytes);
  if (value === undefined) throw wrong("it is no JSON object");
  const own = ownType(value);
  const stated = typeOf(answer);
  const type = stated ?? own ?? typeByForm(value);
  if (type === undefined || !TYPES.includes(type))
    throw wrong(`its type is ${saidType(answer)}, and it does not say itself that it is an image`);
  if (stated === undefined)
    session.warn(
      `${name}: the registry says that its type is ${saidType(answer)}; it is read as ${type}, which it says itself`,
    );
  const digest = digestOf(bytes);
  const said = answer.headers["docker-content-digest"];
  const wanted = reference.digest ?? (isDigest(said) ? said : undefined);
  if (wanted !== undefined && wanted !== digest) throw wrong(`its digest is ${digest}, not ${wanted}`);
  if (own !== undefined && own !== type)
    throw wrong(`it says that it is ${own}, and the registry says ${type}`);
  return { descriptor: { mediaType: type, digest, size: bytes.length }, bytes };
}

/** Puts a manifest or index under the tag of a reference, or under its digest where it has no tag. */
export async function putDocument(
  session: RegistrySession,
  to: Reference,
  { descriptor, bytes }: RegistryDocument,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answer = await session.request({
    repository: to,
    action: "push to",
    method: "PUT",
    url: addressOf(session.endpoint, to, `manifests/${to.tag ?? descriptor.digest}`),
    headers: { "content-type": descriptor.mediaType },
    body: { size: bytes.length, bytes: () => [bytes] },
    scopes: [`repository:${to.path}:pull,push`],
    expect: [200, 201, 202, 204],
    signal,
  });
  answer.discard();
  const said = answer.headers["docker-content-digest"];
  const reference = canonicalReference(to);
  if (said !== undefined && said !== descriptor.digest) {
    const reason = `it was stored as ${String(said).slice(0, 100)}, not ${descriptor.digest}`;
    throw new IntegrityError("MANIFEST_WRONG", { reference, reason }, { subject: reference });
  }
  // Only "created", or the digest, says that it was stored: a page to log in at is answered with 200 too.
  if (answer.status === 201 || said !== undefined) return;
  const { domain, path, tag } = to;
  const placed = { domain, path, ...(tag === undefined ? { digest: descriptor.digest } : { tag }) };
  const stored = await getDocument(session, placed, signal).catch((error: unknown) => {
    if (isLayerwrightError(error) && NOT_STORED.has(error.code)) return undefined;
    throw error;
  });
  if (stored?.descriptor.digest === descriptor.digest) return;
  const { status } = answer;
  const reason = `its type is ${saidType(answer)}, and the manifest is not there afterwards`;
  const parameters = { repository: reference, action: "push to", status, reason };
  throw new RegistryError("REGISTRY_REFUSED", parameters, { subject: reference, status });
}

/** Errors of reading that say that something else, or nothing, is there. */
const NOT_STORED: ReadonlySet<string> = new Set(["MANIFEST_NOT_FOUND", "MANIFEST_WRONG"]);

/**
 * The answer and its body, asked for again where the connection breaks in the middle of it; no body where there is no
 * such thing.
 */
async function askWhole(
  session: RegistrySession,
  reference: Reference,
  wrong: (reason: string) => IntegrityError,
  signal: AbortSignal | undefined,
): Promise<{ readonly answer: Answer; readonly bytes: Buffer | undefined }> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(session, reference, "GET", signal);
    if (answer.status === 404) {
      answer.discard();
      return { answer, bytes: undefined };
    }
    if (typeOf(answer) === undefined && !GENERIC.test(answer.headers["content-type"] ?? "")) {
      answer.discard();
      throw wrong(`its type is ${saidType(answer)}`);
    }
    try {
      return { answer, bytes: await answer.read(MAX_DOCUMENT) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof BodyTooLong) throw wrong(error.message);
      if (!isBroken(error) || attempt >= session.attempts)
        throw connectionError(error, session.endpoint.domain);
      await session.backOff(attempt, signal);
    }
  }
}

function ask(
  session: RegistrySession,
  reference: Reference,
  method: "GET" | "HEAD",
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return session.request({
    repository: reference,
    action: "pull from",
    method,
    url: addressOf(session.endpoint, reference, `manifests/${reference.digest ?? reference.tag ?? "latest"}`),
    headers: { accept: TYPES.join(", ") },
    scopes: [`repository:${reference.path}:pull`],
    expect: [200, 404],
    signal,
  });
}

/** The media type without its parameters, where it is one of an image. */
function typeOf({ headers }: Answer): string | undefined {
  const type = headers["content-type"]?.split(";")[0]?.trim();
  return type !== undefined && TYPES.includes(type) ? type : undefined;
}

/** Types that say nothing: servers of plain files have no other for what they do not know. */
const GENERIC =
  /^(?:(?:text\/plain|(?:application|text)\/json|(?:application|binary)\/octet-stream)\s*(?:;.*)?)?$/i;

function saidType({ headers }: Answer): string {
  return JSON.stringify(headers["content-type"] ?? "").slice(0, 100);
}

/** The type that a document says it has. */
function ownType(value: Readonly<Record<string, unknown>>): string | undefined {
  const { mediaType: own } = value;
  return typeof own === "string" && own !== "" ? own : undefined;
}

/** The type of a document by its form, since those of OCI may leave theirs out. */
function typeByForm(value: Readonly<Record<string, unknown>>): string | undefined {
  if (value["schemaVersion"] !== 2) return undefined;
  if (Array.isArray(value["manifests"])) return mediaType.ociIndex;
  return Array.isArray(value["layers"]) && value["config"] ? mediaType.ociManifest : undefined;
}

function parsed(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
