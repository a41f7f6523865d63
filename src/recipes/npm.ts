import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkFlag, checkOptions } from "../image/options.js";
import { type PackageGrammar, type PackageSpec, packageWords } from "./package-list.js";

/** Names as validate-npm-package-name takes them; versions, tags and the simple ranges `^1.2` and `~1.2`. */
const GRAMMAR: PackageGrammar = {
  manager: "npm",
  name: /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/,
  version: /^[~^]?[0-9A-Za-z][0-9A-Za-z.+_-]*$/,
  join: "@",
  splits: true,
  allowedName: 'lower-case letters, digits, ".", "_", "~" and "-", perhaps after "@scope/"',
  allowedVersion: 'a version, tag or range such as "5.4.0", "latest" or "^5.4"',
};

/** npm's cache with its logs, wherever it is configured, and Node's compile cache. */
const CLEAN = 'rm -rf "$(npm config get cache)" /tmp/node-compile-cache';
const QUIET = "--no-audit --no-fund --no-update-notifier";

/** How `npm.ci` installs. */
export interface NpmCiOptions {
  /** The folder of package-lock.json in the image. @default - the working folder */
  readonly folder?: string;
  /** Whether development dependencies are installed too. @default - false */
  readonly dev?: boolean;
}

/** How `npm.install` installs. */
export interface NpmInstallOptions {
  /** Whether the packages are installed for the whole image, with their commands on the path. @default - false */
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
   * ```
   */
  ci(options: NpmCiOptions = {}): Recipe {
    const call = beginCall("npm.ci");
    checkOptions(call, options, ["folder", "dev"]);
    checkFlag(call, "dev", options.dev);
    const { folder } = options;
    const omit = options.dev === true ? "" : " --omit=dev";
    const command = `npm ci${omit} ${QUIET} && ${CLEAN}`;
    return (image) => image.run(command, folder === undefined ? {} : { workdir: folder });
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
    checkOptions(call, options, ["global"]);
    checkFlag(call, "global", options.global);
    const words = packageWords(call, GRAMMAR, Array.isArray(packages) ? packages : [packages]);
    const where = options.global === true ? " --global" : "";
    return (image) => image.run(`npm install${where} ${QUIET} ${words.join(" ")} && ${CLEAN}`);
  },
});
