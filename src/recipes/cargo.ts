import { beginCall, type Call, refuse } from "../image/call.js";
import { parseAbsolutePath, parseContainerPath } from "../image/container-path.js";
import type { Recipe } from "../image/image.js";
import { type CacheOptions, checkCleaning, cleanedRun } from "./cleaned-run.js";
import { leftovers } from "./leftovers.js";
import { shellWord } from "./package-list.js";

/** Options of `cargo.build`. */
export interface CargoBuildOptions extends CacheOptions {
  /** The name of the binary target to build. */
  readonly bin: string;
  /** The path that the program is written to: absolute. */
  readonly output: string;
  /** The directory of the package in the image. @default - the working directory */
  readonly folder?: string;
  /** A target triple such as `"x86_64-unknown-linux-musl"`, which gives a static program. @default - the image's own */
  readonly target?: string;
  /** True when symbols stay in the program. @default - false */
  readonly keepSymbols?: boolean;
}

/** Names of targets and triples. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
/** Cargo's intermediate files are many times the program: they is no part of the layer. */
const BUILDS = "/tmp/cargo-target";

/** Programs in Rust. */
export const cargo = Object.freeze({
  /**
   * Builds one program as Cargo.lock says, in release mode and without symbols, and removes everything else that
   * Cargo built and fetched, in one layer. The package's sources have to be in the directory already.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { cargo, Image } from "layerwright";
   *
   * const build = Image.from("rust:1.80-alpine").workdir("/src").copy(".", ".")
   *   .with(cargo.build({ bin: "app", output: "/out/app", target: "x86_64-unknown-linux-musl", cache: "mount" }));
   * export const app = Image.scratch().binary(build.path("/out/app"), "/app").cmd(["/app"]);
   *
   * const debug = Image.from("rust:1.80").copy(".", "/src")
   *   .with(cargo.build({ bin: "app", output: "/out/app", folder: "/src", keepSymbols: true }));
   * export const traced = Image.from("debian:bookworm-slim").copy(debug.path("/out/app"), "/usr/bin/app");
   * ```
   */
  build(options: CargoBuildOptions): Recipe {
    const call = beginCall("cargo.build");
    checkCleaning(call, options, ["keepSymbols"], ["bin", "output", "folder", "target"]);
    const { folder, target, keepSymbols = false, cache } = options;
    const bin = nameOf(call, "bin", options.bin);
    const output = shellWord(parseAbsolutePath(call, options.output));
    if (folder !== undefined) parseContainerPath(call, folder);
    const triple = target === undefined ? "" : nameOf(call, "target", target);
    const command = [
      `cargo build --release --locked --bin ${bin} --target-dir ${BUILDS}${triple && ` --target ${triple}`}`,
      `install -D ${BUILDS}/${triple && `${triple}/`}release/${bin} ${output}`,
      `rm -rf ${BUILDS}`,
    ].join(" && ");
    const env = {
      ...(keepSymbols ? {} : { CARGO_PROFILE_RELEASE_STRIP: "symbols" }),
      ...(cache === "mount" ? { CARGO_HOME: leftovers.cargo.mounts[0] } : {}),
    };
    return cleanedRun({ manager: "cargo", command, env, folder }, options);
  },
});

function nameOf(call: Call, option: string, value: unknown): string {
  if (typeof value === "string" && NAME.test(value)) return value;
  const allowed = option === "bin" ? 'the name of a binary target such as "app"' : "a target triple";
  return refuse(call, "ARGUMENT_INVALID", {
    call: call.name,
    argument: option,
    got: value,
    allowed,
  });
}
