import { beginCall, refuse } from "../image/call.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import { parseReference } from "../oci/reference.js";
import { makePolicy, type Policy, type PolicyOptions, readTexts } from "./policy.js";
import type { PolicyImage } from "./policy-image.js";
import { unfixedPackages } from "./unfixed-packages.js";

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

/**
 * An image has all of these labels, none of them empty: `LABELS_REQUIRED`, one finding a label. Where a label could come
 * from the base, the built image is looked at.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, labelsRequired } from "layerwright";
 *
 * const source = "org.opencontainers.image.source";
 * const app = Image.scratch().write("/app", "1").label(source, "https://example.com/acme/app");
 * export default new Catalog("acme", { app }, { policies: [labelsRequired([source])] });
 * ```
 */
export function labelsRequired(labels: readonly string[], options: PolicyOptions = {}): Policy {
  const call = beginCall("labelsRequired");
  const wanted = readTexts(call, "labels", labels);
  const missing = ({ Labels = {} }: RuntimeConfig) =>
    wanted.filter((label) => (Labels?.[label] ?? "") === "");
  const findings = (config: RuntimeConfig, originOf: PolicyImage["originOf"]) =>
    missing(config).map((label) => ({
      message: `it has no label ${label}`,
      fix: `add .label(${JSON.stringify(label)}, "…")`,
      origin: originOf("label"),
    }));
  return makePolicy(
    call,
    "LABELS_REQUIRED",
    {
      plan: ({ config, configIsWhole, originOf }) => (configIsWhole ? findings(config, originOf) : undefined),
      needsBuilt: ({ config, configIsWhole }) => !configIsWhole && missing(config).length > 0,
      built: ({ config, originOf }) => findings(config, originOf),
    },
    options,
  );
}

/** Options of `fixedPackageVersions`. */
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
