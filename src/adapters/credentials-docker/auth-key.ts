import type { Repository } from "../../ports/registry.js";
import { normalHost } from "./registry-name.js";

/** What a key of `auths` or `credHelpers` stands for: a registry, or a part of one. */
export interface AuthKey {
  readonly host: string;
  /** A namespace or repository; empty for the whole registry. */
  readonly path: string;
}

/**
 * Reads a key. Docker writes hosts, and URLs of which only the host counts; podman writes hosts and repositories,
 * never a scheme. `/v1` and `/v2` are the registry's own interface and no namespace.
 */
export function parseAuthKey(key: string): AuthKey {
  const bare = key.replace(/^https?:\/\//i, "");
  const slash = bare.indexOf("/");
  const host = normalHost(slash === -1 ? bare : bare.slice(0, slash));
  if (bare !== key || slash === -1) return { host, path: "" };
  const path = bare.slice(slash + 1).replace(/\/+$/, "");
  return { host, path: path === "v1" || path === "v2" ? "" : path };
}

/** How close a key is to a repository: the more of its path it names the closer. Undefined where it is another's. */
export function closeness(key: AuthKey, { domain, path }: Repository): number | undefined {
  if (key.host !== normalHost(domain)) return undefined;
  if (key.path === "") return 0;
  return path === key.path || path.startsWith(`${key.path}/`) ? key.path.length : undefined;
}
