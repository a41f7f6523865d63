import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { hostPackages, hostText } from "./host-option.js";

/** Where packages come from, and who has to have signed them. */
export interface FedoraRepository {
  /** The address of the repository: `https:`, `http:` or `file:`. */
  readonly address: string;
  /** The address of the key that its packages are signed with. @default - keys that dnf of the machine is told of */
  readonly gpgKey?: string;
  /** Takes packages that nobody signed, such as those of a repository of your own. @default - false */
  readonly unsigned?: boolean;
}

/** What `fedora.installroot` makes. */
export interface FedoraInstallrootOptions {
  /** The release, which the addresses of repositories hold: `41`. */
  readonly releasever: string | number;
  /** Packages; at least one. */
  readonly packages: readonly string[];
  /** Repositories by name, with their addresses; they take the place of the machine's own. @default - the machine's */
  readonly repos?: Readonly<Record<string, string | FedoraRepository>>;
  /** Keeps manuals and documentation. @default - false */
  readonly keepDocs?: boolean;
  /** Text that stands for the state of the repositories: packages are installed again when it changes. @default - none */
  readonly key?: string;
}

const OPTIONS = ["releasever", "packages", "repos", "keepDocs", "key"];

const ADDRESS = /^[^-\s,][^\s,]*$/;
const AN_ADDRESS = "an address without spaces or commas, such as https://example.org/repo";

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
   *
   * export const own = Image.scratch().with(
   *   fedora.installroot({
   *     releasever: 41,
   *     packages: ["acme-agent"],
   *     repos: {
   *       acme: { address: "https://rpm.example.org/41", gpgKey: "https://rpm.example.org/key.asc" },
   *       local: { address: "file:///srv/rpm", unsigned: true },
   *     },
   *   }),
   * );
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
      ...(repos === undefined ? ["--setopt=reposdir=/etc/yum.repos.d"] : repoOptions(call, repos)),
      "install",
      ...names,
    ];
    const script = ["sh", "-ec", `"$@" && ${CLEAN}`, "sh", ...install];
    return (image) => image.hostRun(script, key === undefined ? { tools: ["dnf"] } : { tools: ["dnf"], key });
  },
});

function repoOptions(call: Call, repos: Readonly<Record<string, string | FedoraRepository>>): string[] {
  return Object.entries(repos).flatMap(([name, repository]) => {
    const id = hostText(call, "repos", name, /^[A-Za-z0-9._-]+$/, "names of letters, digits and . _ -");
    const options = typeof repository === "string" ? { address: repository } : repository;
    checkOptions(call, options, ["address", "gpgKey", "unsigned"]);
    const { address, gpgKey, unsigned } = options;
    if (unsigned !== undefined && typeof unsigned !== "boolean")
      refuse(call, "ARGUMENT_INVALID", {
        call: call.name,
        argument: "unsigned",
        got: unsigned,
        allowed: "true or false",
      });
    return [
      `--repofrompath=${id},${hostText(call, "repos", address, ADDRESS, AN_ADDRESS)}`,
      // No other repository is used.
      `--repo=${id}`,
      ...(gpgKey === undefined
        ? []
        : [`--setopt=${id}.gpgkey=${hostText(call, "gpgKey", gpgKey, ADDRESS, AN_ADDRESS)}`]),
      ...(unsigned === true ? [`--setopt=${id}.gpgcheck=0`] : []),
    ];
  });
}
