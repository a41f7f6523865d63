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

const QUIET = "--no-audit --no-fund --no-update-notifier";

/** Options of `npm.install`. */
export interface NpmInstallOptions extends CacheOptions {
  /** True when the packages are installed for the whole image, with their commands on the path. @default - false */
  readonly global?: boolean;
}

/** Packages of Node. */
export const npm = Object.freeze({
  /**
   * Installs exactly what package-lock.json says, without development dependencies, and removes npm's cache, in
   * one layer. package.json and package-lock.json have to be in the directory already.
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

/** Else node_modules could point into the store, which is removed. */
const WHOLE = "--config.enable-global-virtual-store=false";

/** Packages of Node, by pnpm. */
export const pnpm = Object.freeze({
  /**
   * Installs exactly what pnpm-lock.yaml says, without development dependencies, and removes pnpm's store and
   * cache, in one layer. package.json and pnpm-lock.yaml have to be in the directory already.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, npm, pnpm } from "layerwright";
   *
   * const node = Image.from("node:22-slim").with(npm.install("pnpm@10.15.0", { global: true }));
   * export const api = Image.from(node)
   *   .workdir("/srv").copy(["package.json", "pnpm-lock.yaml"], "./").with(pnpm.ci()).copy("src", "src");
   * export const tests = Image.from(node).copy(".", "/srv").with(pnpm.ci({ folder: "/srv", dev: true, cache: "mount" }));
   * ```
   */
  ci(options: ProjectOptions = {}): Recipe {
    checkProject(beginCall("pnpm.ci"), options);
    const omit = options.dev === true ? "" : " --prod";
    return pnpmRun(`pnpm install --frozen-lockfile${omit}`, options, options.folder);
  },

  /**
   * Adds packages by name to the project in the working directory and removes pnpm's store and cache, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, npm, pnpm } from "layerwright";
   *
   * export const tools = Image.from("node:22-slim")
   *   .with(npm.install("pnpm@10.15.0", { global: true })).workdir("/srv").with(pnpm.install("semver@7.6.3"));
   * ```
   */
  install(packages: PackageSpec | readonly PackageSpec[], options: CacheOptions = {}): Recipe {
    const call = beginCall("pnpm.install");
    checkCleaning(call, options);
    const words = packageWords(call, nodeGrammar("pnpm"), listOf(packages));
    return pnpmRun(`pnpm add ${words.join(" ")}`, options, undefined);
  },
});

function pnpmRun(command: string, options: CacheOptions, folder: string | undefined): Recipe {
  const [store, cache] = leftovers.pnpm.mounts;
  const mounted = options.cache === "mount" ? ` --store-dir=${store} --config.cache-dir=${cache}` : "";
  return cleanedRun({ manager: "pnpm", command: `${command} ${WHOLE}${mounted}`, folder }, options);
}

/** Packages of Node, by Yarn 1 or a later one: which it is, the image tells. */
export const yarn = Object.freeze({
  /**
   * Installs exactly what yarn.lock says, without development dependencies, and removes Yarn's cache, in one layer.
   * A project that runs straight from the cache (`nodeLinker: pnp`) keeps it. package.json, yarn.lock and
   * .yarnrc.yml have to be in the directory already.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, yarn } from "layerwright";
   *
   * export const api = Image.from("node:22-slim")
   *   .workdir("/srv").copy(["package.json", "yarn.lock"], "./").with(yarn.ci()).copy("src", "src");
   * export const tests = Image.from("node:22-slim")
   *   .copy(".", "/srv").with(yarn.ci({ folder: "/srv", dev: true, cache: "mount" }));
   * ```
   */
  ci(options: ProjectOptions = {}): Recipe {
    checkProject(beginCall("yarn.ci"), options);
    const [one, later] =
      options.dev === true
        ? ["", "yarn install --immutable"]
        : [
            " --production",
            "yarn install --immutable --mode=skip-build && yarn workspaces focus --all --production",
          ];
    const first = `yarn install --frozen-lockfile --non-interactive${one}`;
    return yarnRun(
      `case "$(yarn --version)" in 1.*) ${first} ;; *) ${later} ;; esac`,
      options,
      options.folder,
    );
  },

  /**
   * Adds packages by name to the project in the working directory and removes Yarn's cache, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, yarn } from "layerwright";
   *
   * export const tools = Image.from("node:22-slim").workdir("/srv").with(yarn.install(["semver@7.6.3"]));
   * ```
   */
  install(packages: PackageSpec | readonly PackageSpec[], options: CacheOptions = {}): Recipe {
    const call = beginCall("yarn.install");
    checkCleaning(call, options);
    const words = packageWords(call, nodeGrammar("yarn"), listOf(packages));
    return yarnRun(`yarn add ${words.join(" ")}`, options, undefined);
  },
});

function yarnRun(command: string, options: CacheOptions, folder: string | undefined): Recipe {
  const [cache] = leftovers.yarn.mounts;
  const env = {
    YARN_CACHE_FOLDER: cache,
    YARN_ENABLE_GLOBAL_CACHE: "false",
    YARN_NODE_LINKER: "node-modules",
  };
  return cleanedRun(
    { manager: "yarn", command, folder, ...(options.cache === "mount" ? { env } : {}) },
    options,
  );
}

/** Names as validate-npm-package-name takes them; versions, tags and the simple ranges `^1.2` and `~1.2`. */
function nodeGrammar(manager: string): PackageGrammar {
  return {
    manager,
    name: /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/,
    version: /^[~^]?[0-9A-Za-z][0-9A-Za-z.+_-]*$/,
    join: "@",
    splits: true,
    allowedName: 'lower-case letters, digits, ".", "_", "~" and "-", perhaps after "@scope/"',
    allowedVersion: 'a version, tag or range such as "5.4.0", "latest" or "^5.4"',
  };
}
