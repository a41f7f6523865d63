import { DefinitionError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";

/** The name of an image in a registry, in parts (distribution/reference). */
export interface Reference {
  /** Host, with a port where one is written: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** Repository in it: `library/debian`. */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:…` (sha384 and sha512 are allowed by the grammar too). */
  readonly digest?: string;
}

const DEFAULT_DOMAIN = "docker.io";
const OFFICIAL = "library/";
const MAX_NAME = 255;
const MAX_TAG = 128;

const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:([0-9a-fA-F]*)$/;
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Reads an image reference by the grammar of distribution/reference and fills in what Docker leaves out:
 * `debian` is `docker.io/library/debian`. A missing tag is left missing; `canonicalReference` says `latest`.
 *
 * @throws {DefinitionError} REFERENCE_INVALID with the rule that is broken
 * @example
 * ```ts
 * import { parseReference } from "layerwright";
 *
 * const { domain, path, tag } = parseReference("localhost:5000/acme/app:1.2");
 * console.log(domain, path, tag); // localhost:5000 acme/app 1.2
 * ```
 */
export function parseReference(reference: string, origin?: Origin): Reference {
  const fail = (rule: string): never => {
    throw new DefinitionError("REFERENCE_INVALID", { reference, rule }, { subject: "reference", origin });
  };
  if (typeof reference !== "string") return fail("it is not a string");
  if (reference === "") return fail("it is empty");
  if (/\s/.test(reference)) return fail("it holds white space");
  if (/[^\x21-\x7e]/.test(reference)) return fail("it holds a character outside of ASCII");
  if (reference.includes("://")) return fail("a scheme such as https:// is no part of it");

  const { name, tag, digest } = split(reference);
  if (tag !== undefined) checkTag(tag, fail);
  if (digest !== undefined) checkDigest(digest, fail);
  if (name === "") return fail("the repository is empty");
  if (/^[a-f0-9]{64}$/.test(name))
    return fail("a name of 64 hex characters is an image id, not a repository");

  const { domain, path } = splitDomain(name);
  if (!DOMAIN.test(domain)) fail(`"${domain}" is not a host name with an optional port`);
  checkPath(path, fail);
  if (domain.length + 1 + path.length > MAX_NAME) fail(`the name is longer than ${MAX_NAME} characters`);
  return Object.freeze({
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  });
}

/**
 * The full spelling of a reference, which every tool reads the same way: `docker.io/library/debian:latest`.
 * `latest` is filled in where there is neither tag nor digest.
 *
 * @throws {DefinitionError} REFERENCE_INVALID when it is given as text that is none
 * @example
 * ```ts
 * import { canonicalReference } from "layerwright";
 *
 * console.log(canonicalReference("debian")); // docker.io/library/debian:latest
 * ```
 */
export function canonicalReference(reference: Reference | string): string {
  const parsed = typeof reference === "string" ? parseReference(reference) : reference;
  const tag = parsed.tag ?? (parsed.digest === undefined ? "latest" : undefined);
  return `${parsed.domain}/${parsed.path}${suffix(tag, parsed.digest)}`;
}

/**
 * The short spelling that people use: `debian`, `acme/app:1.2`, `ghcr.io/acme/app`.
 *
 * @throws {DefinitionError} REFERENCE_INVALID when it is given as text that is none
 * @example
 * ```ts
 * import { familiarReference } from "layerwright";
 *
 * console.log(familiarReference("docker.io/library/debian:12")); // debian:12
 * ```
 */
export function familiarReference(reference: Reference | string): string {
  const { domain, path, tag, digest } = typeof reference === "string" ? parseReference(reference) : reference;
  const end = suffix(tag, digest);
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}${end}`;
  const short = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path;
  // "library/a/b" and a first part that reads as a host would come back as something else.
  const ambiguous = short !== path ? short.includes("/") : looksLikeDomain(path.split("/")[0]!);
  const official = !short.includes("/") && short === path;
  if (official || ambiguous) return `${domain}/${path}${end}`;
  return /^[a-f0-9]{64}$/.test(short) ? `${domain}/${path}${end}` : `${short}${end}`;
}

/** True when text is one part of a repository's path: what a catalog may call an image. */
export function isPathComponent(text: string): boolean {
  return COMPONENT.test(text);
}

function suffix(tag: string | undefined, digest: string | undefined): string {
  return `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

function split(reference: string): { name: string; tag?: string; digest?: string } {
  const at = reference.indexOf("@");
  const digest = at === -1 ? undefined : reference.slice(at + 1);
  const rest = at === -1 ? reference : reference.slice(0, at);
  // A colon after the last slash starts a tag; one before it belongs to the host's port.
  const colon = rest.indexOf(":", rest.lastIndexOf("/") + 1);
  const tag = colon === -1 ? undefined : rest.slice(colon + 1);
  return {
    name: colon === -1 ? rest : rest.slice(0, colon),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The first part is a host when it could not be a repository of Docker Hub (distribution/reference normalize.go). */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, slash);
  const hasDomain = slash !== -1 && looksLikeDomain(first);
  const domain = hasDomain ? first : DEFAULT_DOMAIN;
  const path = hasDomain ? name.slice(slash + 1) : name;
  const hub = domain === DEFAULT_DOMAIN || domain === "index.docker.io";
  if (!hub) return { domain, path };
  return { domain: DEFAULT_DOMAIN, path: path.includes("/") ? path : `${OFFICIAL}${path}` };
}

function looksLikeDomain(first: string): boolean {
  return /[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first;
}

function checkPath(path: string, fail: (rule: string) => never): void {
  if (path === "" || path === OFFICIAL) fail("the repository is empty");
  if (path.toLowerCase() !== path) fail("the repository has upper-case letters");
  for (const component of path.split("/")) {
    if (component === "") fail('a part of the repository is empty ("//" or "/" at an end)');
    if (!COMPONENT.test(component)) {
      fail(`"${component}" is not lower-case letters and digits joined by ".", "_", "__" or "-"`);
    }
  }
}

function checkTag(tag: string, fail: (rule: string) => never): void {
  if (tag === "") fail("the tag is empty");
  if (tag.length > MAX_TAG) fail(`the tag is longer than ${MAX_TAG} characters`);
  if (!TAG.test(tag)) fail('a tag holds letters, digits, "_", "." and "-", first none of "." and "-"');
}

function checkDigest(digest: string, fail: (rule: string) => never): void {
  const parts = DIGEST.exec(digest);
  const hex = parts?.[1] ?? fail("the digest is not an algorithm and hex characters, as in sha256:…");
  const length = HEX_LENGTHS[digest.slice(0, digest.indexOf(":"))];
  if (length === undefined) fail("the digest is none of sha256, sha384 and sha512");
  if (hex.length !== length) fail(`the digest has ${hex.length} hex characters instead of ${length}`);
  if (/[A-F]/.test(hex)) fail("the digest has upper-case hex characters");
}
