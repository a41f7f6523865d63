import { beginCall, type Call } from "../image/call.js";
import { parseContainerPath } from "../image/container-path.js";
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
import { type PackageGrammar, type PackageSpec, packageWords, shellWord } from "./package-list.js";

/** Options of `pip.install`. */
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
   * @param file absolute, or relative to the working directory
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

/** Options of `uv.install`. */
export interface UvInstallOptions extends CacheOptions {
  /** True when bytecode of the packages is compiled: larger, and faster at the first start. @default - false */
  readonly bytecode?: boolean;
}

/** Options of `uv.sync`. */
export interface UvSyncOptions extends ProjectOptions, UvInstallOptions {
  /** True when the project itself is installed too, which needs its sources. @default - false */
  readonly project?: boolean;
}

/** Packages of Python, by uv. */
export const uv = Object.freeze({
  /**
   * Installs Python packages into the image's own Python, keeping no cache, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, uv } from "layerwright";
   *
   * export const api = Image.from("astral/uv:python3.12-bookworm-slim").with(uv.install(["uvicorn", { flask: "3.0.3" }]));
   * ```
   */
  install(packages: PackageSpec | readonly PackageSpec[], options: UvInstallOptions = {}): Recipe {
    const call = beginCall("uv.install");
    checkCleaning(call, options, ["bytecode"]);
    const words = packageWords(call, pythonGrammar("uv"), listOf(packages));
    return uvRun(["uv pip install --system", ...flagsOf(options), ...words].join(" "), options, undefined);
  },

  /**
   * Installs exactly what uv.lock says into the project's `.venv`, without development dependencies, keeping no
   * cache, in one layer. pyproject.toml and uv.lock have to be in the directory already.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, uv } from "layerwright";
   *
   * export const api = Image.from("astral/uv:python3.12-bookworm-slim")
   *   .workdir("/srv").copy(["pyproject.toml", "uv.lock"], "./").with(uv.sync({ bytecode: true })).copy("app", "app");
   * export const whole = Image.from("astral/uv:python3.12-bookworm-slim")
   *   .copy(".", "/srv").with(uv.sync({ folder: "/srv", dev: true, project: true, cache: "mount" }));
   * ```
   */
  sync(options: UvSyncOptions = {}): Recipe {
    checkProject(beginCall("uv.sync"), options, ["bytecode", "project"]);
    const { dev = false, project = false, folder } = options;
    const what = [...(dev ? [] : ["--no-dev"]), ...(project ? [] : ["--no-install-project"])];
    return uvRun(["uv sync --frozen", ...what, ...flagsOf(options)].join(" "), options, folder);
  },
});

function flagsOf({ cache = "remove", bytecode = false }: UvInstallOptions): readonly string[] {
  return [...(cache === "remove" ? ["--no-cache"] : []), ...(bytecode ? ["--compile-bytecode"] : [])];
}

function uvRun(command: string, options: UvInstallOptions, folder: string | undefined): Recipe {
  // Between a mount and the layer there are no hard links.
  const env =
    options.cache === "mount" ? { UV_CACHE_DIR: leftovers.uv.mounts[0], UV_LINK_MODE: "copy" } : undefined;
  return cleanedRun(
    { manager: "uv", command, folder, clean: true, ...(env === undefined ? {} : { env }) },
    options,
  );
}

/** PEP 508 names with extras, PEP 440 versions. */
function pythonGrammar(manager: string): PackageGrammar {
  return {
    manager,
    name: /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*\])?$/,
    version: /^[0-9A-Za-z][0-9A-Za-z.+!_-]*(\.\*)?$/,
    join: "==",
    splits: true,
    allowedName: 'letters, digits, ".", "_" and "-", with extras in [brackets]',
    allowedVersion: 'a version such as "3.0.3" or "3.0.*"',
  };
}
