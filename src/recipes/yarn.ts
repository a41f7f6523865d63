import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { cleanedRun } from "./cleaned-run.js";
import { type CacheOptions, checkCleaning } from "./cleaning-options.js";
import { leftovers } from "./leftovers.js";
import { nodeGrammar } from "./node-packages.js";
import { type PackageSpec, packageWords } from "./package-list.js";
import { checkProject, listOf, type ProjectOptions } from "./project-options.js";

/** Packages of Node, by Yarn 1 or a later one: which it is, the image tells. */
export const yarn = Object.freeze({
  /**
   * Installs exactly what yarn.lock says, without development dependencies, and removes Yarn's cache, in one layer.
   * A project that runs straight from the cache (`nodeLinker: pnp`) keeps it. package.json, yarn.lock and
   * .yarnrc.yml have to be in the folder already.
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
   * Adds packages by name to the project in the working folder and removes Yarn's cache, in one layer.
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
