import { type ConnectionOptions, createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { TlsTrust } from "./request.js";

/** To read a hundred certificates takes as long as many a request, so it is done once. */
const contexts = new WeakMap<TlsTrust, SecureContext>();

/** Options of a TLS connection. Authorities of the user's own come beside the usual ones, not in their place. */
export function tlsOptions(trust: TlsTrust | undefined): Pick<ConnectionOptions, "secureContext"> {
  if (trust === undefined) return {};
  let secureContext = contexts.get(trust);
  if (secureContext === undefined) {
    const { ca, cert, key } = trust;
    secureContext = createSecureContext({
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ...ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    contexts.set(trust, secureContext);
  }
  return { secureContext };
}
