import { createHash } from "node:crypto";

/** A content digest as OCI writes it: `sha256:` and 64 hex characters. */
export type Digest = `sha256:${string}`;

const GRAMMAR = /^sha256:[a-f0-9]{64}$/;

/** True when a value is a sha256 digest in OCI's grammar. Checked before a digest is ever used as a path. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && GRAMMAR.test(value);
}

/** The digest of text (as UTF-8) or bytes. */
export function digestOf(data: string | Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

/** The hex part, which names the blob's file in an OCI layout. */
export function digestHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}
