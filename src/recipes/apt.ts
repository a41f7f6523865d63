import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkCleaning, cleanedRun, type DocumentationOptions } from "./cleaned-run.js";
import { debianDocumentation } from "./leftovers.js";
import { type PackageArguments, type PackageGrammar, packageWords, splitArguments } from "./package-list.js";

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

const WITHOUT_DOCS = [
  ...debianDocumentation.exclude.map((pattern) => `-o Dpkg::Options::='--path-exclude=${pattern}'`),
  ...debianDocumentation.include.map((pattern) => `-o Dpkg::Options::='--path-include=${pattern}'`),
];
/** A directory of its own: Debian's images are set up to empty the usual one after each installation. */
const KEPT_ARCHIVES = "-o Dir::Cache::archives=/var/cache/apt/kept";

/** Packages of Debian and Ubuntu. */
export const apt = Object.freeze({
  /**
   * Installs Debian packages and removes what apt leaves behind, in one layer. Recommended packages and
   * documentation are not installed; copyright files are. `DEBIAN_FRONTEND` is set for this step only. Runs as the
   * image's user, who has to be root here.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @example
   * ```ts
   * import { apt, Image } from "layerwright";
   *
   * export const web = Image.from("debian:bookworm-slim").with(apt.install("ca-certificates", { nginx: "1.22*" }));
   * export const desk = Image.from("debian:bookworm-slim")
   *   .with(apt.install(["man-db", "git"], { cache: "mount", keepDocs: true, keepLogs: true }));
   * ```
   */
  install(...packages: PackageArguments<DocumentationOptions>): Recipe {
    const call = beginCall("apt.install");
    const { packages: wanted, options } = splitArguments(packages);
    checkCleaning(call, options, ["keepLogs", "keepDocs"]);
    const words = packageWords(call, GRAMMAR, wanted);
    const flags = [
      "-y --no-install-recommends",
      ...(options.keepDocs === true ? [] : WITHOUT_DOCS),
      ...(options.cache === "mount" ? [KEPT_ARCHIVES] : []),
    ];
    const command = `apt-get update && apt-get install ${flags.join(" ")} ${words.join(" ")}`;
    return cleanedRun({ manager: "apt", command, env: { DEBIAN_FRONTEND: "noninteractive" } }, options);
  },
});
