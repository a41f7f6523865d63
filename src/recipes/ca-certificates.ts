import { X509Certificate } from "node:crypto";
import { beginCall, type Call, refuse } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkOptions } from "../image/options.js";
import { bundledFile, CERTIFICATES_PATH, certificatesFile } from "./bundled-certificates.js";

/** Which authorities an image trusts. */
export interface CaCertificatesOptions {
  /** PEM text with one or several certificates, instead of Mozilla's list. */
  readonly pem?: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Writes the certificates of the authorities that TLS clients trust: Mozilla's list as it is bundled with the
 * Node that evaluates the description, sorted, or `pem`. The list changes with Node's version: a lock that has it
 * tells of another one; for one that never varies pass `pem`. Sets no environment variable.
 *
 * @throws {DefinitionError} CERTIFICATES_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { caCertificates, Image } from "layerwright";
 *
 * export const client = Image.scratch().binary("dist/client", "/client").with(caCertificates()).cmd(["/client"]);
 * ```
 */
export function caCertificates(options: CaCertificatesOptions = {}): Recipe {
  const call = beginCall("caCertificates");
  checkOptions(call, options, ["pem"]);
  const given = options.pem === undefined ? undefined : parsePem(call, options.pem);
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
