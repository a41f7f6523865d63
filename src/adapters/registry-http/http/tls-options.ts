import { rootCertificates, type SecureContextOptions } from "node:tls";
import type { TlsTrust } from "./request.js";

/** Options of a TLS connection. Authorities of the user's own come beside the usual ones, not in their place. */
export function tlsOptions(trust: TlsTrust | undefined): SecureContextOptions {
  if (trust === undefined) return {};
  const { ca, cert, key } = trust;
  return {
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
