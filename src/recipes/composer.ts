import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import {
  type CacheOptions,
  checkCleaning,
  checkProject,
  cleanedRun,
  listOf,
  type ProjectOptions,
} from "./cleaned-run.js";
import { leftovers } from "./leftovers.js";
import { type PackageGrammar, type PackageSpec, packageWords } from "./package-list.js";

/** Names and versions as composer.json takes them. */
const GRAMMAR: PackageGrammar = {
  manager: "composer",
  name: /^[a-z0-9]([_.-]?[a-z0-9]+)*\/[a-z0-9](([_.]|-{1,2})?[a-z0-9]+)*$/,
  version: /^[~^]?v?[0-9][0-9A-Za-z.+_-]*(\.\*)?$/,
  join: ":",
  splits: true,
  allowedName: '"vendor/name" in lower-case letters, digits, ".", "_" and "-"',
  allowedVersion: 'a version or range such as "3.7.0", "^3.7" or "3.*"',
};

const QUIET = "--no-interaction --no-progress --prefer-dist";

/** Packages of PHP. */
export const composer = Object.freeze({
  /**
   * Installs exactly what composer.lock says, without development dependencies and with a class map, keeping no
   * cache, in one layer. composer.json and composer.lock have to be in the directory already.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { composer, Image } from "layerwright";
   *
   * export const site = Image.from("composer:2").workdir("/srv").copy(".", "./").with(composer.install());
   * export const tests = Image.from("composer:2")
   *   .copy(".", "/srv").with(composer.install({ folder: "/srv", dev: true, cache: "mount" }));
   * ```
   */
  install(options: ProjectOptions = {}): Recipe {
    checkProject(beginCall("composer.install"), options);
    const what = options.dev === true ? "" : " --no-dev --optimize-autoloader";
    return composerRun(`composer install${what}`, "", options, options.folder);
  },

  /**
   * Adds packages by name to the project in the working directory, keeping no cache, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { composer, Image } from "layerwright";
   *
   * export const site = Image.from("composer:2")
   *   .workdir("/srv").with(composer.require([{ "monolog/monolog": "^3.7" }, "psr/log"], { cache: "mount" }));
   * ```
   */
  require(packages: PackageSpec | readonly PackageSpec[], options: CacheOptions = {}): Recipe {
    const call = beginCall("composer.require");
    checkCleaning(call, options);
    const words = packageWords(call, GRAMMAR, listOf(packages));
    return composerRun("composer require", ` ${words.join(" ")}`, options, undefined);
  },
});

function composerRun(verb: string, words: string, options: CacheOptions, folder: string | undefined): Recipe {
  const { cache = "remove" } = options;
  const command = `${verb} ${QUIET}${cache === "remove" ? " --no-cache" : ""}${words}`;
  const env = {
    COMPOSER_ALLOW_SUPERUSER: "1",
    ...(cache === "mount" ? { COMPOSER_CACHE_DIR: leftovers.composer.mounts[0] } : {}),
  };
  return cleanedRun({ manager: "composer", command, env, folder, clean: true }, options);
}
