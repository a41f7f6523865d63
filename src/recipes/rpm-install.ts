import type { Call } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { cleanedRun } from "./cleaned-run.js";
import { checkCleaning, type DocumentationOptions } from "./cleaning-options.js";
import { type PackageArguments, type PackageGrammar, packageWords, splitArguments } from "./package-list.js";

/** Names and versions as rpm allows them. */
export function rpmGrammar(manager: string, join: "-" | "="): PackageGrammar {
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
export function rpmInstall(
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
