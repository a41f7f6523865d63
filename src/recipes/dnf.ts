import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import type { DocumentationOptions } from "./cleaning-options.js";
import type { PackageArguments } from "./package-list.js";
import { rpmInstall } from "./rpm-install.js";

/** Packages of Fedora, RHEL and their kin. */
export const dnf = Object.freeze({
  /**
   * Installs rpm packages without weak dependencies and without documentation, and removes what dnf leaves
   * behind, in one layer. dnf 4 and dnf 5 both. A version is given in a record.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { dnf, Image } from "layerwright";
   *
   * export const web = Image.from("fedora:41").with(dnf.install("nginx", { jq: "1.7.1" }));
   * export const desk = Image.from("fedora:41")
   *   .with(dnf.install(["git"], { cache: "mount", keepDocs: true, keepLogs: true }));
   * ```
   */
  install(...packages: PackageArguments<DocumentationOptions>): Recipe {
    return rpmInstall(beginCall("dnf.install"), "dnf", packages);
  },
});
