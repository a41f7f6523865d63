import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkFlag, checkOptions } from "../image/options.js";
import { type PackageGrammar, type PackageSpec, packageWords } from "./package-list.js";

/** PEP 508 names with extras, PEP 440 versions. */
const GRAMMAR: PackageGrammar = {
  manager: "pip",
  name: /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*\])?$/,
  version: /^[0-9A-Za-z][0-9A-Za-z.+!_-]*(\.\*)?$/,
  join: "==",
  splits: true,
  allowedName: 'letters, digits, ".", "_" and "-", with extras in [brackets]',
  allowedVersion: 'a version such as "3.0.3" or "3.0.*"',
};

/** How `pip.install` installs. */
export interface PipInstallOptions {
  /** Whether bytecode is compiled at install time: larger, and faster at the first start. @default - true */
  readonly bytecode?: boolean;
}

/** Packages of Python. */
export const pip = Object.freeze({
  /**
   * Installs Python packages by the image's own pip, keeping no cache, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, pip } from "layerwright";
   *
   * export const api = Image.from("python:3.12-slim").with(pip.install(["uvicorn[standard]", { flask: "3.0.3" }]));
   * ```
   */
  install(packages: PackageSpec | readonly PackageSpec[], options: PipInstallOptions = {}): Recipe {
    const call = beginCall("pip.install");
    checkOptions(call, options, ["bytecode"]);
    checkFlag(call, "bytecode", options.bytecode);
    const words = packageWords(call, GRAMMAR, Array.isArray(packages) ? packages : [packages]);
    const flags = options.bytecode === false ? "--no-cache-dir --no-compile" : "--no-cache-dir";
    const env = {
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
      PIP_ROOT_USER_ACTION: "ignore",
      ...(options.bytecode === false ? { PYTHONDONTWRITEBYTECODE: "1" } : {}),
    };
    return (image) => image.run(`pip install ${flags} ${words.join(" ")}`, { env });
  },
});
