import { beginCall, type Call } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkCleaning, cleanedRun, type DocumentationOptions, type LogOptions } from "./cleaned-run.js";
import { type PackageArguments, type PackageGrammar, packageWords, splitArguments } from "./package-list.js";

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

/** Names and versions as rpm allows them. */
function rpmGrammar(manager: string, join: "-" | "="): PackageGrammar {
  return {
    manager,
    name: /^[A-Za-z0-9][A-Za-z0-9._+-]*$/,
    version: /^[0-9A-Za-z][0-9A-Za-z._+~^:-]*$/,
    join,
    // Every rpm name may hold a dash: where it ends and a version starts, only a record can tell.
    splits: join === "=",
    allowedName: 'letters, digits, ".", "_", "+" and "-"',
    allowedVersion: 'a version such as "1.22.1" or "1.22.1-4.el9"',
  };
}

type RpmManager = "dnf" | "microdnf" | "yum";

/** microdnf has no plug-ins that could spell its options in other ways, and one flag that the others lack. */
const FLAGS: Readonly<
  Record<RpmManager, { readonly always: string; readonly docs: string; readonly noDocs: string }>
> = {
  dnf: {
    always: "--setopt=install_weak_deps=False",
    docs: "--setopt=tsflags=",
    noDocs: "--setopt=tsflags=nodocs",
  },
  microdnf: { always: "--setopt=install_weak_deps=0", docs: "--setopt=tsflags=", noDocs: "--nodocs" },
  yum: {
    always: "--setopt=install_weak_deps=False",
    docs: "--setopt=tsflags=",
    noDocs: "--setopt=tsflags=nodocs",
  },
};

/** The recipe that dnf and its kin share: `MANAGER install`, without weak dependencies and documentation. */
function rpmInstall(
  call: Call,
  manager: RpmManager,
  packages: PackageArguments<DocumentationOptions>,
): Recipe {
  const { packages: wanted, options } = splitArguments(packages);
  checkCleaning(call, options, ["keepLogs", "keepDocs"]);
  const words = packageWords(call, rpmGrammar(manager, "-"), wanted);
  const { always, docs, noDocs } = FLAGS[manager];
  const { cache = "remove" } = options;
  const flags = [
    always,
    options.keepDocs === true ? docs : noDocs,
    ...(cache === "remove" ? [] : ["--setopt=keepcache=1"]),
  ];
  const command = `${manager} install -y ${flags.join(" ")} ${words.join(" ")}`;
  return cleanedRun({ manager, command }, options);
}
