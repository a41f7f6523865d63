import { RegistryError } from "../../../errors/layerwright-error.js";
import { isPrivate, sameOrigin, shownOrigin, targetOf } from "../http/origin.js";

/** Token servers that are known to belong to a registry of another name. */
const KNOWN: Readonly<Record<string, string>> = {
  "registry-1.docker.io": "https://auth.docker.io",
  "registry.gitlab.com": "https://gitlab.com",
};

/** What decides whether a token server is believed. */
export interface TokenServerRules {
  /** How messages call the registry. */
  readonly registry: string;
  readonly endpoint: URL;
  /** Hosts, with a port where one is meant, that the user allows. */
  readonly allowed: readonly string[];
  /** True when the user's credential would be sent. */
  readonly withCredential: boolean;
}

/**
 * The token server that a registry names, if it may be asked. A registry can name any address, so a credential goes
 * only to the registry's own origin, to what is known to belong to it, and to what the user has allowed; and without
 * one, nothing is asked that only this machine or network can reach (server-side request forgery).
 *
 * @throws {RegistryError} TOKEN_SERVER_REFUSED
 */
export function tokenServer(realm: string | undefined, rules: TokenServerRules): URL {
  const { registry, endpoint, allowed, withCredential } = rules;
  const refuse = (server: string, reason: string): never => {
    throw new RegistryError("TOKEN_SERVER_REFUSED", { registry, server, reason }, { subject: registry });
  };
  let url: URL;
  try {
    url = targetOf(new URL(realm ?? "").href, endpoint)!;
  } catch {
    return refuse("no address at all", "it is no URL");
  }
  if (url.username !== "" || url.password !== "")
    return refuse(shownOrigin(url), "the address holds a credential");
  if (sameOrigin(url, endpoint)) return url;
  // In the clear only where the registry itself is: else a registry could have a login sent for all to read.
  const secret = url.protocol === "https:" || (url.protocol === "http:" && endpoint.protocol === "http:");
  if (allowed.includes(url.host) && secret) return url;
  if (url.protocol !== "https:")
    return refuse(shownOrigin(url), "it is another server, and not reached by https");
  if (isPrivate(url.hostname)) return refuse(shownOrigin(url), "it is an address of a private network");
  if (KNOWN[endpoint.host] === url.origin) return url;
  if (withCredential) return refuse(shownOrigin(url), "it is another server than the registry");
  return url;
}
