import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { cleanedRun } from "./cleaned-run.js";
import { type CacheOptions, checkCleaning } from "./cleaning-options.js";
import { leftovers } from "./leftovers.js";
import { nodeGrammar } from "./node-packages.js";
import { type PackageSpec, packageWords } from "./package-list.js";
import { checkProject, listOf, type ProjectOptions } from "./project-options.js";

const QUIET = "--no-audit --no-fund --no-update-notifier";

/** How `npm.install` installs. */
export interface NpmInstallOptions extends CacheOptions {
  /** True when the packages are installed for the whole image, with their commands on the path. @default - false */
  readonly global?: boolean;
}

/** Packages of Node. */
export const npm = Object.freeze({
  /**
   * Installs exactly what package-lock.json says, without development dependencies, and removes npm's cache, in
   * one layer. package.json and package-lock.json have to be in the folder already.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, npm } from "layerwright";
   *
   * export const api = Image.from("node:22-slim")
   *   .workdir("/srv").copy(["package.json", "package-lock.json"], "./").with(npm.ci()).copy("src", "src");
   * export const tests = Image.from("node:22-slim")
   *   .copy(".", "/srv").with(npm.ci({ folder: "/srv", dev: true, cache: "mount" }));
   * ```
   */
  ci(options: ProjectOptions = {}): Recipe {
    checkProject(beginCall("npm.ci"), options);
    const omit = options.dev === true ? "" : " --omit=dev";
    return npmRun(`npm ci${omit} ${QUIET}`, options, options.folder);
  },

  /**
   * Installs packages by name and removes npm's cache, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, npm } from "layerwright";
   *
   * export const tools = Image.from("node:22-slim").with(npm.install("typescript@5.9.2", { global: true }));
   * ```
   */
  install(packages: PackageSpec | readonly PackageSpec[], options: NpmInstallOptions = {}): Recipe {
    const call = beginCall("npm.install");
    checkCleaning(call, options, ["global"]);
    const words = packageWords(call, nodeGrammar("npm"), listOf(packages));
    const where = options.global === true ? " --global" : "";
    return npmRun(`npm install${where} ${QUIET} ${words.join(" ")}`, options, undefined);
  },
});

function npmRun(command: string, options: CacheOptions, folder: string | undefined): Recipe {
  const mounted = options.cache === "mount" ? ` --cache=${leftovers.npm.mounts[0]}` : "";
  return cleanedRun({ manager: "npm", command: `${command}${mounted}`, folder }, options);
}
