import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkCleaning, cleanedRun, type DocumentationOptions, listOf } from "./cleaned-run.js";
import { leftovers } from "./leftovers.js";
import { type PackageGrammar, type PackageSpec, packageWords } from "./package-list.js";

/** Names and versions as RubyGems allows them. */
const GRAMMAR: PackageGrammar = {
  manager: "gem",
  name: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
  version: /^[0-9][0-9A-Za-z.-]*$/,
  join: ":",
  splits: true,
  allowedName: 'letters, digits, ".", "_" and "-"',
  allowedVersion: 'a version such as "7.1.3"',
};

/** Packages of Ruby. */
export const gem = Object.freeze({
  /**
   * Installs Ruby gems without their documentation and removes the packed gems, indexes and build logs, in one
   * layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { gem, Image } from "layerwright";
   *
   * export const job = Image.from("ruby:3.3-slim").with(gem.install(["rake:13.2.1", { sinatra: "4.0.0" }]));
   * export const desk = Image.from("ruby:3.3-slim")
   *   .with(gem.install("pry", { cache: "mount", keepDocs: true, keepLogs: true }));
   * ```
   */
  install(packages: PackageSpec | readonly PackageSpec[], options: DocumentationOptions = {}): Recipe {
    const call = beginCall("gem.install");
    checkCleaning(call, options, ["keepLogs", "keepDocs"]);
    const words = packageWords(call, GRAMMAR, listOf(packages));
    const docs = options.keepDocs === true ? "--document" : "--no-document";
    const command = `gem install ${docs} ${words.join(" ")}`;
    const env = options.cache === "mount" ? { GEM_SPEC_CACHE: leftovers.gem.mounts[0] } : {};
    return cleanedRun({ manager: "gem", command, env }, options);
  },
});
