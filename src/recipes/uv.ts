import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { cleanedRun } from "./cleaned-run.js";
import { type CacheOptions, checkCleaning } from "./cleaning-options.js";
import { leftovers } from "./leftovers.js";
import { type PackageSpec, packageWords } from "./package-list.js";
import { checkProject, listOf, type ProjectOptions } from "./project-options.js";
import { pythonGrammar } from "./python-packages.js";

/** How `uv.install` installs. */
export interface UvInstallOptions extends CacheOptions {
  /** True when bytecode of the packages is compiled: larger, and faster at the first start. @default - false */
  readonly bytecode?: boolean;
}

/** How `uv.sync` installs. */
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
   * cache, in one layer. pyproject.toml and uv.lock have to be in the folder already.
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
