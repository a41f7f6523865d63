import { beginCall } from "../../image/call.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/**
 * Every image of a registry that a stage starts from is named by its digest, or is in the lock: `PINNED_BASES`.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, pinnedBases } from "layerwright";
 *
 * const app = Image.from("debian:bookworm-slim").cmd(["/bin/true"]);
 * export default new Catalog("acme", { app }, { policies: [pinnedBases()] });
 * ```
 */
export function pinnedBases(options: PolicyOptions = {}): Policy {
  return makePolicy(
    beginCall("pinnedBases"),
    "PINNED_BASES",
    ({ bases }) =>
      bases
        .filter(({ kind, digest }) => kind === "registry" && digest === undefined)
        .map(({ name, origin }) => ({
          message: `the base ${name} is whatever its tag means on the day of the build`,
          fix: "run `layerwright lock` and commit layerwright.lock.json, or name it by digest",
          origin,
        })),
    options,
  );
}
