import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { cleanedRun } from "./cleaned-run.js";
import { checkCleaning, type LogOptions } from "./cleaning-options.js";
import { type PackageArguments, packageWords, splitArguments } from "./package-list.js";
import { rpmGrammar } from "./rpm-install.js";

/** Packages of openSUSE and SLE. */
export const zypper = Object.freeze({
  /**
   * Installs rpm packages without recommended ones and removes what zypper leaves behind, in one layer. Whether
   * documentation is installed, the base says in `/etc/zypp/zypp.conf`: zypper has no flag for it, and the container
   * images of openSUSE and SLE leave it out.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { Image, zypper } from "layerwright";
   *
   * export const web = Image.from("opensuse/leap:15.6").with(zypper.install("nginx", { jq: "1.6" }));
   * export const desk = Image.from("opensuse/leap:15.6")
   *   .with(zypper.install(["git"], { cache: "mount", keepLogs: true }));
   * ```
   */
  install(...packages: PackageArguments<LogOptions>): Recipe {
    const call = beginCall("zypper.install");
    const { packages: wanted, options } = splitArguments(packages);
    checkCleaning(call, options, ["keepLogs"]);
    const words = packageWords(call, rpmGrammar("zypper", "="), wanted);
    const command = `zypper --non-interactive install --no-recommends ${words.join(" ")}`;
    return cleanedRun({ manager: "zypper", command }, options);
  },
});
