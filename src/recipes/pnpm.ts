import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { cleanedRun } from "./cleaned-run.js";
import { type CacheOptions, checkCleaning } from "./cleaning-options.js";
import { leftovers } from "./leftovers.js";
import { nodeGrammar } from "./node-packages.js";
import { type PackageSpec, packageWords } from "./package-list.js";
import { checkProject, listOf, type ProjectOptions } from "./project-options.js";

/** Else node_modules could point into the store, which is removed. */
const WHOLE = "--config.enable-global-virtual-store=false";

/** Packages of Node, by pnpm. */
export const pnpm = Object.freeze({
  /**
   * Installs exactly what pnpm-lock.yaml says, without development dependencies, and removes pnpm's store and
   * cache, in one layer. package.json and pnpm-lock.yaml have to be in the folder already.
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
   * Adds packages by name to the project in the working folder and removes pnpm's store and cache, in one layer.
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
