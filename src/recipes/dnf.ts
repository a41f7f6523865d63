import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { removeLeftovers } from "./leftovers.js";
import { type PackageGrammar, type PackageSpec, packageWords } from "./package-list.js";

/** Names and versions as rpm allows them; a version is appended as dnf's `name-version`. */
const GRAMMAR: PackageGrammar = {
  manager: "dnf",
  name: /^[A-Za-z0-9][A-Za-z0-9._+-]*$/,
  version: /^[0-9A-Za-z][0-9A-Za-z._+~^:-]*$/,
  join: "-",
  splits: false,
  allowedName: 'letters, digits, ".", "_", "+" and "-"',
  allowedVersion: 'a version such as "1.22.1" or "1.22.1-4.el9"',
};

/** Packages of Fedora, RHEL and their kin. */
export const dnf = Object.freeze({
  /**
   * Installs rpm packages without weak dependencies and without documentation, and removes what dnf leaves
   * behind, in one layer.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID
   * @example
   * ```ts
   * import { dnf, Image } from "layerwright";
   *
   * export const web = Image.from("fedora:41").with(dnf.install("nginx"));
   * ```
   */
  install(...packages: readonly PackageSpec[]): Recipe {
    const words = packageWords(beginCall("dnf.install"), GRAMMAR, packages);
    const command = [
      `dnf install -y --setopt=install_weak_deps=False --setopt=tsflags=nodocs ${words.join(" ")}`,
      "dnf clean all",
      removeLeftovers("dnf"),
    ].join(" && ");
    return (image) => image.run(command);
  },
});
