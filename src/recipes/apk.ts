import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkCleaning, cleanedRun, type LogOptions } from "./cleaned-run.js";
import { type PackageArguments, type PackageGrammar, packageWords, splitArguments } from "./package-list.js";

/** apk-world(5): a name, perhaps with the tag of a repository. */
const GRAMMAR: PackageGrammar = {
  manager: "apk",
  name: /^[A-Za-z0-9][A-Za-z0-9+._-]*(@[A-Za-z0-9_-]+)?$/,
  version: /^[0-9][A-Za-z0-9._-]*$/,
  join: "=",
  splits: true,
  allowedName: 'letters, digits, "+", ".", "_" and "-"',
  allowedVersion: 'an Alpine version such as "1.26.2-r0"',
};

const CACHED = "--update-cache --cache-dir /var/cache/apk";

/** Packages of Alpine and Wolfi. */
export const apk = Object.freeze({
  /**
   * Installs Alpine packages, keeping neither the index nor a cache, in one layer. Documentation is in packages of
   * its own there (`-doc`), so none is installed.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { apk, Image } from "layerwright";
   *
   * export const tools = Image.from("alpine:3.20").with(apk.install("curl", "tini"));
   * export const pinned = Image.from("alpine:3.20")
   *   .with(apk.install([{ nginx: "1.26.2-r0" }], { cache: "mount", keepLogs: true }));
   * ```
   */
  install(...packages: PackageArguments<LogOptions>): Recipe {
    const call = beginCall("apk.install");
    const { packages: wanted, options } = splitArguments(packages);
    checkCleaning(call, options, ["keepLogs"]);
    const words = packageWords(call, GRAMMAR, wanted);
    const { cache = "remove" } = options;
    const command = `apk add ${cache === "remove" ? "--no-cache" : CACHED} ${words.join(" ")}`;
    return cleanedRun({ manager: "apk", command }, options);
  },
});
