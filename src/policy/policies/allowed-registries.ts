import { beginCall, refuse } from "../../image/call.js";
import { parseReference } from "../../oci/reference.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/**
 * Bases come from these registries alone, or from below these paths in them: `ALLOWED_REGISTRIES`. Docker Hub is
 * `docker.io`, and its official images are below `docker.io/library`.
 *
 * @param allowed hosts, or hosts with a path, as `ghcr.io/acme`
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { allowedRegistries, Catalog, Image } from "layerwright";
 *
 * const app = Image.from("debian:bookworm-slim").cmd(["/bin/true"]);
 * const policies = [allowedRegistries(["docker.io/library", "ghcr.io/acme"])];
 * export default new Catalog("acme", { app }, { policies });
 * ```
 */
export function allowedRegistries(allowed: readonly string[], options: PolicyOptions = {}): Policy {
  const call = beginCall("allowedRegistries");
  if (!Array.isArray(allowed) || !allowed.every((one) => typeof one === "string" && one !== "")) {
    refuse(call, "POLICY_INVALID", { call: call.name, reason: 'it takes an array such as ["ghcr.io/acme"]' });
  }
  const places = allowed.map((place) => place.replace(/\/+$/, ""));
  return makePolicy(
    call,
    "ALLOWED_REGISTRIES",
    ({ bases }) =>
      bases.flatMap(({ kind, name, origin }) => {
        if (kind !== "registry") return [];
        const { domain, path } = parseReference(name);
        const full = `${domain}/${path}`;
        if (places.some((place) => full === place || full.startsWith(`${place}/`))) return [];
        const message = `the base ${name} comes from ${full}, allowed are ${places.join(", ") || "none"}`;
        return [{ message, fix: "take it from there, or copy it there with `layerwright copy`", origin }];
      }),
    options,
  );
}
