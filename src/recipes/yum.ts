import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import type { DocumentationOptions } from "./cleaning-options.js";
import type { PackageArguments } from "./package-list.js";
import { rpmInstall } from "./rpm-install.js";

/** Packages of CentOS 7, Amazon Linux and others that have yum. */
export const yum = Object.freeze({
  /**
   * Installs rpm packages without documentation, and without weak dependencies where yum knows them, and removes
   * what yum leaves behind, in one layer. A version is given in a record.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, yum } from "layerwright";
   *
   * export const web = Image.from("amazonlinux:2").with(yum.install("httpd"));
   * export const desk = Image.from("amazonlinux:2")
   *   .with(yum.install(["git"], { cache: "mount", keepDocs: true, keepLogs: true }));
   * ```
   */
  install(...packages: PackageArguments<DocumentationOptions>): Recipe {
    return rpmInstall(beginCall("yum.install"), "yum", packages);
  },
});
