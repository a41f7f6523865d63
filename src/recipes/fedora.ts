import { beginCall, refuse } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { checkOptions } from "../image/options.js";
import { hostPackages, hostText } from "./host-option.js";

/** What `fedora.installroot` makes. */
export interface FedoraInstallrootOptions {
  /** The release, which the addresses of repositories hold: `41`. */
  readonly releasever: string | number;
  /** Packages; at least one. */
  readonly packages: readonly string[];
  /** Repositories by name, with their addresses; they take the place of the machine's own. @default - the machine's */
  readonly repos?: Readonly<Record<string, string>>;
  /** Keeps manuals and documentation. @default - false */
  readonly keepDocs?: boolean;
  /** Text that stands for the state of the repositories: packages are installed again when it changes. @default - none */
  readonly key?: string;
}

const OPTIONS = ["releasever", "packages", "repos", "keepDocs", "key"];

/** What dnf leaves in a root file system; in one shell with the install, so that it never enters the layer. */
const CLEAN =
  'rm -rf "$ROOT"/var/cache/dnf "$ROOT"/var/cache/libdnf5 "$ROOT"/var/lib/dnf/repos "$ROOT"/var/log/dnf* "$ROOT"/var/log/hawkey.log';

/** Systems of Fedora and its kin made by tools of the machine that builds. */
export const fedora = Object.freeze({
  /**
   * Fills an image by `dnf --installroot` of the machine that builds, so that no package manager has to be in the
   * image. The build ends with an error, before any work, where the machine has no dnf.
   *
   * @throws {DefinitionError} PACKAGES_MISSING, PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @see https://dnf.readthedocs.io/en/latest/command_ref.html
   * @example
   * ```ts
   * import { fedora, Image } from "layerwright";
   *
   * export const nginx = Image.scratch()
   *   .with(fedora.installroot({ releasever: 41, packages: ["nginx-core"] }))
   *   .cmd(["nginx", "-g", "daemon off;"]);
   * ```
   */
  installroot(options: FedoraInstallrootOptions): Recipe {
    const call = beginCall("fedora.installroot");
    checkOptions(call, options, OPTIONS);
    const { packages, repos, keepDocs, key } = options;
    const release = hostText(
      call,
      "releasever",
      String(options.releasever),
      /^[A-Za-z0-9._-]+$/,
      "a release such as 41",
    );
    const names = hostPackages(call, "dnf", packages ?? []);
    if (names.length === 0) refuse(call, "PACKAGES_MISSING", { call: call.name });
    const install = [
      "dnf",
      "--installroot={root}",
      `--releasever=${release}`,
      "--assumeyes",
      "--setopt=install_weak_deps=False",
      ...(keepDocs === true ? [] : ["--setopt=tsflags=nodocs"]),
      ...(repos === undefined
        ? ["--setopt=reposdir=/etc/yum.repos.d"]
        : ["--disablerepo=*", ...repoOptions(repos)]),
      "install",
      ...names,
    ];
    const script = ["sh", "-ec", `"$@" && ${CLEAN}`, "sh", ...install];
    return (image) => image.hostRun(script, key === undefined ? { tools: ["dnf"] } : { tools: ["dnf"], key });

    function repoOptions(all: Readonly<Record<string, string>>): string[] {
      return Object.entries(all).flatMap(([name, address]) => {
        const id = hostText(call, "repos", name, /^[A-Za-z0-9._-]+$/, "names of letters, digits and . _ -");
        return [
          `--repofrompath=${id},${hostText(call, "repos", address, /^[^-\s,]+$/, "addresses")}`,
          `--repo=${id}`,
        ];
      });
    }
  },
});
