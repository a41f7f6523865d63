import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import type { DocumentationOptions } from "./cleaning-options.js";
import type { PackageArguments } from "./package-list.js";
import { rpmInstall } from "./rpm-install.js";

/** Packages of the minimal images of RHEL and Fedora. */
export const microdnf = Object.freeze({
  /**
   * Installs rpm packages without weak dependencies and without documentation, and removes what microdnf leaves
   * behind, in one layer. A version is given in a record.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, microdnf } from "layerwright";
   *
   * export const web = Image.from("almalinux:9-minimal").with(microdnf.install("nginx"));
   * export const desk = Image.from("almalinux:9-minimal")
   *   .with(microdnf.install(["git"], { cache: "mount", keepDocs: true, keepLogs: true }));
   * ```
   */
  install(...packages: PackageArguments<DocumentationOptions>): Recipe {
    return rpmInstall(beginCall("microdnf.install"), "microdnf", packages);
  },
});
