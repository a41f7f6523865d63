import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { removeLeftovers } from "./leftovers.js";
import { type PackageGrammar, type PackageSpec, packageWords } from "./package-list.js";

/** apk-world(5): a name, perhaps with the tag of a repository. */
const GRAMMAR: PackageGrammar = {
  manager: "apk",
  name: /^[A-Za-z0-9][A-Za-z0-9+._-]*(@[A-Za-z0-9_-]+)?$/,
  version: /^[0-9][A-Za-z0-9._-]*$/,
  join: "=",
  splits: true,
  allowedName: 'letters, digits, "+", ".", "_" and "-"',
  allowedVersion: 'an Alpine version such as "1.26.2-r0"',
};

/** Packages of Alpine and Wolfi. */
export const apk = Object.freeze({
  /**
   * Installs Alpine packages, keeping neither the index nor a cache, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID
   * @example
   * ```ts
   * import { apk, Image } from "layerwright";
   *
   * export const tools = Image.from("alpine:3.20").with(apk.install("curl", "tini"));
   * ```
   */
  install(...packages: readonly PackageSpec[]): Recipe {
    const words = packageWords(beginCall("apk.install"), GRAMMAR, packages);
    const command = `apk add --no-cache ${words.join(" ")} && ${removeLeftovers("apk")}`;
    return (image) => image.run(command);
  },
});
