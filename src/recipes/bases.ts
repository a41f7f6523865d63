import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import type { Recipe } from "../image/image.js";

/** Options of `debian.bootstrap`. */
export interface DebianBootstrapOptions {
  /** The release: `bookworm`, `trixie`. */
  readonly suite: string;
  /** Packages beside those of the variant. @default - none */
  readonly packages?: readonly string[];
  /**
   * The set of packages that comes along: `essential`, `apt`, `minbase` and the others of mmdebstrap. @default -
   * "essential"
   */
  readonly variant?: string;
  /** The source of packages: an address, or a line of sources.list. @default - what mmdebstrap takes for the suite */
  readonly mirror?: string;
  /** Keeps manuals, documentation and translations; licences stay in any case. @default - false */
  readonly keepDocs?: boolean;
  /** Text that stands for the state of the archive: packages are installed again when it changes. @default - none */
  readonly key?: string;
}

const DEBIAN_OPTIONS = ["suite", "packages", "variant", "mirror", "keepDocs", "key"];

/** Documentation that no program reads. Copyright files must stay. */
const DOCUMENTATION = [
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/lintian/*",
];

/** Debian systems made by tools of the machine that builds. */
export const debian = Object.freeze({
  /**
   * Fills an image with a Debian system by `mmdebstrap` of the machine that builds, so that no package manager has to
   * be in the image. The build ends with `HOST_TOOL_MISSING`, before any work, where the machine has no mmdebstrap.
   *
   * @throws {DefinitionError} PACKAGE_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
   * @see https://manpages.debian.org/mmdebstrap
   * @example
   * ```ts
   * import { debian, Image } from "layerwright";
   *
   * export const nginx = Image.scratch()
   *   .with(debian.bootstrap({ suite: "bookworm", packages: ["nginx-light"] }))
   *   .cmd(["nginx", "-g", "daemon off;"]);
   * ```
   */
  bootstrap(options: DebianBootstrapOptions): Recipe {
    const call = beginCall("debian.bootstrap");
    checkOptions(call, options, DEBIAN_OPTIONS);
    const { packages = [], mirror, keepDocs, key } = options;
    const suite = hostText(call, "suite", options.suite, /^[a-z][a-z0-9.-]*$/, "a release such as bookworm");
    const variant = hostText(
      call,
      "variant",
      options.variant ?? "essential",
      /^[a-z]+$/,
      "a variant of mmdebstrap",
    );
    const names = hostPackages(call, "mmdebstrap", packages);
    const command = [
      "mmdebstrap",
      `--variant=${variant}`,
      ...(names.length === 0 ? [] : [`--include=${names.join(",")}`]),
      '--aptopt=APT::Install-Recommends "false"',
      ...(keepDocs === true ? [] : DOCUMENTATION.map((option) => `--dpkgopt=${option}`)),
      suite,
      "{root}",
      ...(mirror === undefined
        ? []
        : [hostText(call, "mirror", mirror, /^[^-\s]/, "an address or a line of sources.list")]),
    ];
    const env = { SOURCE_DATE_EPOCH: "0" };
    return (image) => image.hostRun(command, key === undefined ? { env } : { env, key });
  },
});

/** The source of packages, and the key that must have signed them. */
export interface FedoraRepository {
  /** The address of the repository: `https:`, `http:` or `file:`. */
  readonly address: string;
  /** The address of the key that its packages are signed with. @default - keys that dnf of the machine is told of */
  readonly gpgKey?: string;
  /** Takes packages that nobody signed, such as those of a repository of your own. @default - false */
  readonly unsigned?: boolean;
}

/** Options of `fedora.installroot`. */
export interface FedoraInstallrootOptions {
  /** The release, which the addresses of repositories hold: `41`. */
  readonly releasever: string | number;
  /** Packages; at least one. */
  readonly packages: readonly string[];
  /** Repositories by name, with their addresses; they take the place of the machine's own. @default - the machine's */
  readonly repos?: Readonly<Record<string, string | FedoraRepository>>;
  /** Keeps manuals and documentation. @default - false */
  readonly keepDocs?: boolean;
  /**
   * Text that stands for the state of the repositories: packages are installed again when it changes. @default - none
   */
  readonly key?: string;
}

const FEDORA_OPTIONS = ["releasever", "packages", "repos", "keepDocs", "key"];

const ADDRESS = /^[^-\s,][^\s,]*$/;
const AN_ADDRESS = "an address without spaces or commas, such as https://example.org/repo";

/** The leftovers of dnf in a root file system; in one shell with the install, so that it never enters the layer. */
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
    checkOptions(call, options, FEDORA_OPTIONS);
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

const PACKAGE = /^[A-Za-z0-9][A-Za-z0-9+._:~^-]*(?:=[A-Za-z0-9.+:~-]+)?$/;

/**
 * Reads the packages that a tool of the host installs. Nothing of them reaches a shell, but a comma would split one.
 */
function hostPackages(call: Call, manager: string, packages: unknown): readonly string[] {
  const list = Array.isArray(packages) ? (packages as unknown[]) : [packages];
  for (const got of list) {
    if (typeof got === "string" && PACKAGE.test(got)) continue;
    const allowed = "letters, digits and + - . _ : ~, with =VERSION where the tool knows it";
    refuse(call, "PACKAGE_INVALID", { call: call.name, manager, what: "name", got, allowed });
  }
  return list as readonly string[];
}

/** Reads text that must fit a pattern. */
export function hostText(call: Call, option: string, got: unknown, pattern: RegExp, allowed: string): string {
  if (typeof got === "string" && pattern.test(got)) return got;
  return refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: option, got, allowed });
}
