import { createRequire } from "node:module";

/** The place where Go, OpenSSL on Debian, and most others look. */
export const CERTIFICATES_PATH = "/etc/ssl/certs/ca-certificates.crt";

/** The file that `caCertificates()` writes, as this Node has it. */
export function bundledFile(): { readonly text: string; readonly count: number } {
  const certificates = bundled();
  return { text: certificatesFile(certificates), count: certificates.length };
}

/** The text of a file with these certificates. */
export function certificatesFile(certificates: readonly string[]): string {
  return certificates.map((certificate) => `${certificate}\n`).join("");
}

/** Loaded when it is used: node:tls costs a start of the CLI more than the rest of this folder together. */
function bundled(): readonly string[] {
  const { rootCertificates } = createRequire(import.meta.url)("node:tls") as typeof import("node:tls");
  return [...rootCertificates].map((certificate) => certificate.trim()).sort();
}
