import { beginCall } from "../../image/call.js";
import { readTexts } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";
import { unfixedPackages } from "../unfixed-packages.js";

/** What `fixedPackageVersions` lets be. */
export interface FixedPackageVersionsOptions extends PolicyOptions {
  /** Packages whose version may be any, by name. @default - none */
  readonly allow?: readonly string[];
}

/**
 * Every package that a command or a recipe installs has a version: `FIXED_PACKAGE_VERSIONS`, one finding a command. Read
 * are the commands of apt, apk, dnf, microdnf, yum, zypper, pip, uv, npm, pnpm, yarn, gem, go and cargo, in all stages.
 * Installs from a lock or a list (`npm ci`, `pip install -r`) have their versions there.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { apk, Catalog, fixedPackageVersions, Image } from "layerwright";
 *
 * const app = Image.from("alpine:3.22").with(apk.install({ curl: "8.14.1-r1" }));
 * export default new Catalog("acme", { app }, { policies: [fixedPackageVersions({ severity: "warning" })] });
 * ```
 */
export function fixedPackageVersions(options: FixedPackageVersionsOptions = {}): Policy {
  const call = beginCall("fixedPackageVersions");
  const { allow = [], ...rest } = options;
  const allowed = new Set(readTexts(call, "allowed packages", allow));
  return makePolicy(
    call,
    "FIXED_PACKAGE_VERSIONS",
    ({ commands }) =>
      commands.flatMap(({ text, origin }) => {
        const unfixed = unfixedPackages(text).filter(({ name }) => !allowed.has(name));
        const [first] = unfixed;
        if (first === undefined) return [];
        const names = unfixed.map(({ name }) => name).join(", ");
        const message = `${[...new Set(unfixed.map(({ manager }) => manager))].join(", ")}: ${names} in whatever version there is`;
        return [{ message, fix: `write the version, as ${first.spelling}`, origin }];
      }),
    rest,
  );
}
