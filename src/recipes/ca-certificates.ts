import { X509Certificate } from "node:crypto";
import { createRequire } from "node:module";
import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import { add } from "../image/file-steps.js";
import type { Recipe } from "../image/image.js";

/** Which authorities an image trusts. */
export interface CaCertificatesOptions {
  /** PEM text with one or several certificates, or several such texts, instead of the bundled list. */
  readonly pem?: string | readonly string[];
  /** The URL of a list in PEM, instead of the bundled one; the lock says which it was. */
  readonly url?: string;
  /** The sha256 of what is fetched, 64 hex characters. @default - the lock's */
  readonly sha256?: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Writes the certificates of the authorities that TLS clients trust: Mozilla's list as it is bundled with the
 * Node that evaluates the description, sorted, or `pem`. The list changes with Node's version: a lock that has it
 * tells of another one. For one that never varies pass `pem`, or the `url` of a list: the lock pins what is there. Sets
 * no environment variable.
 *
 * @throws {DefinitionError} CERTIFICATES_INVALID, URL_INVALID, URL_HAS_CREDENTIALS, CHECKSUM_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { caCertificates, Image } from "layerwright";
 *
 * const authorities = caCertificates({ url: "https://example.org/authorities.pem" });
 * export const client = Image.scratch().binary("dist/client", "/client").with(authorities).cmd(["/client"]);
 * ```
 */
export function caCertificates(options: CaCertificatesOptions = {}): Recipe {
  const call = beginCall("caCertificates");
  checkOptions(call, options, ["pem", "url", "sha256"]);
  const { pem, url, sha256 } = options;
  if (url !== undefined) {
    if (pem !== undefined)
      refuse(call, "CERTIFICATES_INVALID", { reason: "pem and url are given, allowed is one" });
    const step = add(url, CERTIFICATES_PATH, { mode: 0o644, ...(sha256 === undefined ? {} : { sha256 }) });
    return (image) => image.step(step);
  }
  if (sha256 !== undefined) refuse(call, "CERTIFICATES_INVALID", { reason: "sha256 needs a url" });
  const given = pem === undefined ? undefined : [pem].flat().flatMap((text) => parsePem(call, text));
  if (given?.length === 0) refuse(call, "CERTIFICATES_INVALID", { reason: "the list of pem texts is empty" });
  return (image) => {
    return image.write(CERTIFICATES_PATH, given === undefined ? bundledFile().text : certificatesFile(given));
  };
}

function parsePem(call: Call, pem: unknown): readonly string[] {
  const invalid = (reason: string): never => refuse(call, "CERTIFICATES_INVALID", { reason });
  if (typeof pem !== "string") return invalid("the pem is not a string");
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return invalid("the pem holds a private key");
  const blocks = pem.replaceAll("\r\n", "\n").match(BLOCK) ?? [];
  if (blocks.length === 0) return invalid("the pem holds no certificate");
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      invalid(`certificate ${index + 1} of the pem cannot be read`);
    }
  }
  return blocks;
}

/** The place where Go, OpenSSL on Debian, and most others look. */
export const CERTIFICATES_PATH = "/etc/ssl/certs/ca-certificates.crt";

/** The file that `caCertificates()` writes, as this Node has it. */
export function bundledFile(): { readonly text: string; readonly count: number } {
  const certificates = bundled();
  return { text: certificatesFile(certificates), count: certificates.length };
}

/** The text of a file with these certificates. */
function certificatesFile(certificates: readonly string[]): string {
  return certificates.map((certificate) => `${certificate}\n`).join("");
}

/** Loaded when it is used: node:tls costs a start of the CLI more than the rest of this directory together. */
function bundled(): readonly string[] {
  const { rootCertificates } = createRequire(import.meta.url)("node:tls") as typeof import("node:tls");
  return [...rootCertificates].map((certificate) => certificate.trim()).sort();
}
