import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { removeLeftovers } from "./leftovers.js";
import { type PackageGrammar, type PackageSpec, packageWords } from "./package-list.js";

/** Debian policy 5.6.1 and 5.6.12 (names, versions), with an architecture and a version that ends in `*`. */
const GRAMMAR: PackageGrammar = {
  manager: "apt",
  name: /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$/,
  version: /^[0-9A-Za-z][0-9A-Za-z.+~:-]*\*?$/,
  join: "=",
  splits: true,
  allowedName: 'lower-case letters, digits, "+", "-" and ".", at least two',
  allowedVersion: 'a Debian version such as "1.22.1-9" or "1.22*"',
};

/** Packages of Debian and Ubuntu. */
export const apt = Object.freeze({
  /**
   * Installs Debian packages and removes what apt leaves behind, in one layer. Recommended packages are not
   * installed. `DEBIAN_FRONTEND` is set for this step only. Runs as the image's user, who has to be root here.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID
   * @example
   * ```ts
   * import { apt, Image } from "layerwright";
   *
   * export const web = Image.from("debian:bookworm-slim").with(apt.install("ca-certificates", { nginx: "1.22*" }));
   * ```
   */
  install(...packages: readonly PackageSpec[]): Recipe {
    const words = packageWords(beginCall("apt.install"), GRAMMAR, packages);
    const command = [
      "apt-get update",
      `apt-get install -y --no-install-recommends ${words.join(" ")}`,
      removeLeftovers("apt"),
    ].join(" && ");
    return (image) => image.run(command, { env: { DEBIAN_FRONTEND: "noninteractive" } });
  },
});
