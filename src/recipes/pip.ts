import { beginCall, type Call } from "../image/call.js";
import { parseContainerPath } from "../image/container-path.js";
import type { Recipe } from "../image/image.js";
import { cleanedRun } from "./cleaned-run.js";
import { type CacheOptions, checkCleaning } from "./cleaning-options.js";
import { leftovers } from "./leftovers.js";
import { type PackageSpec, packageWords } from "./package-list.js";
import { listOf } from "./project-options.js";
import { pythonGrammar } from "./python-packages.js";
import { shellWord } from "./shell-word.js";

/** How pip installs. */
export interface PipInstallOptions extends CacheOptions {
  /** True when bytecode of the packages is compiled: larger, and faster at the first start. @default - true */
  readonly bytecode?: boolean;
}

/** Packages of Python. */
export const pip = Object.freeze({
  /**
   * Installs Python packages by the image's own pip, keeping no cache and no bytecode of pip itself, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, pip } from "layerwright";
   *
   * export const api = Image.from("python:3.12-slim").with(pip.install(["uvicorn[standard]", { flask: "3.0.3" }]));
   * export const job = Image.from("python:3.12-slim").with(pip.install("numpy", { cache: "mount", bytecode: false }));
   * ```
   */
  install(packages: PackageSpec | readonly PackageSpec[], options: PipInstallOptions = {}): Recipe {
    const call = beginCall("pip.install");
    const words = packageWords(call, pythonGrammar("pip"), listOf(packages));
    return pipRun(call, words.join(" "), options);
  },

  /**
   * Installs what a requirements file of the image says, in the same way. The file has to be there already.
   *
   * @param file absolute, or relative to the working folder
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, pip } from "layerwright";
   *
   * export const api = Image.from("python:3.12-slim")
   *   .workdir("/srv").copy("requirements.txt", "./").with(pip.requirements("requirements.txt")).copy("app", "app");
   * ```
   */
  requirements(file: string, options: PipInstallOptions = {}): Recipe {
    const call = beginCall("pip.requirements");
    return pipRun(call, `--requirement=${shellWord(parseContainerPath(call, file))}`, options);
  },
});

function pipRun(call: Call, words: string, options: PipInstallOptions): Recipe {
  checkCleaning(call, options, ["bytecode"]);
  const { cache = "remove", bytecode = true } = options;
  const flags = [...(cache === "remove" ? ["--no-cache-dir"] : []), ...(bytecode ? [] : ["--no-compile"])];
  const env = {
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_ROOT_USER_ACTION: "ignore",
    // Of pip itself and the standard library; that of the packages is compiled all the same.
    PYTHONDONTWRITEBYTECODE: "1",
    ...(cache === "mount" ? { PIP_CACHE_DIR: leftovers.pip.mounts[0] } : {}),
  };
  const command = ["pip install", ...flags, words].join(" ");
  return cleanedRun({ manager: "pip", command, env, clean: true }, options);
}
