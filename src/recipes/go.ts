import { beginCall, refuse } from "../image/call.js";
import { parseAbsolutePath, parseContainerPath } from "../image/container-path.js";
import type { Recipe } from "../image/image.js";
import { type CacheOptions, checkCleaning, cleanedRun } from "./cleaned-run.js";
import { leftovers } from "./leftovers.js";
import { shellWord } from "./package-list.js";

/** Options of `go.build`. */
export interface GoBuildOptions extends CacheOptions {
  /** The path that the program is written to: absolute. */
  readonly output: string;
  /** The package to build, as `go build` takes it. @default - ".", the one in the directory */
  readonly package?: string;
  /** The directory of the module in the image. @default - the working directory */
  readonly folder?: string;
  /** True when C code may be linked in: then the program is not static. @default - false */
  readonly cgo?: boolean;
  /** True when symbols and debugging data stay in the program. @default - false */
  readonly keepSymbols?: boolean;
}

/** Import paths, relative or not; no shell reads anything in them. */
const PACKAGE = /^[A-Za-z0-9._~/@-]+$/;

/** Programs in Go. */
export const go = Object.freeze({
  /**
   * Builds a static program without symbols, and removes Go's build cache and its modules, in one layer. The module's
   * sources have to be in the directory already.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { go, Image } from "layerwright";
   *
   * const build = Image.from("golang:1.24").workdir("/src").copy(".", ".")
   *   .with(go.build({ output: "/out/app", package: "./cmd/app", cache: "mount" }));
   * export const app = Image.scratch().binary(build.path("/out/app"), "/app").cmd(["/app"]);
   *
   * const debug = Image.from("golang:1.24").copy(".", "/src")
   *   .with(go.build({ output: "/out/app", folder: "/src", cgo: true, keepSymbols: true }));
   * export const traced = Image.from("debian:bookworm-slim").copy(debug.path("/out/app"), "/usr/bin/app");
   * ```
   */
  build(options: GoBuildOptions): Recipe {
    const call = beginCall("go.build");
    checkCleaning(call, options, ["cgo", "keepSymbols"], ["output", "package", "folder"]);
    const { package: source = ".", folder, cgo = false, keepSymbols = false, cache } = options;
    const output = shellWord(parseAbsolutePath(call, options.output));
    if (typeof source !== "string" || !PACKAGE.test(source) || source.startsWith("-")) {
      const allowed = 'an import path such as "./cmd/app"';
      refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "package", got: source, allowed });
    }
    if (folder !== undefined) parseContainerPath(call, folder);
    const [builds, modules] = leftovers.go.mounts;
    const env = {
      ...(cgo ? {} : { CGO_ENABLED: "0" }),
      ...(cache === "mount" ? { GOCACHE: builds, GOMODCACHE: modules } : {}),
    };
    const strip = keepSymbols ? "" : " -ldflags='-s -w'";
    const command = `go build -trimpath${strip} -o ${output} ${source}`;
    return cleanedRun({ manager: "go", command, env, folder }, options);
  },
});
