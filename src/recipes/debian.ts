import { beginCall, checkOptions } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { hostPackages, hostText } from "./host-option.js";

/** What `debian.bootstrap` makes. */
export interface DebianBootstrapOptions {
  /** The release: `bookworm`, `trixie`. */
  readonly suite: string;
  /** Packages beside those of the variant. @default - none */
  readonly packages?: readonly string[];
  /** How much comes along: `essential`, `apt`, `minbase` and the others of mmdebstrap. @default - "essential" */
  readonly variant?: string;
  /** Where packages come from: an address, or a line of sources.list. @default - what mmdebstrap takes for the suite */
  readonly mirror?: string;
  /** Keeps manuals, documentation and translations; licences stay in any case. @default - false */
  readonly keepDocs?: boolean;
  /** Text that stands for the state of the archive: packages are installed again when it changes. @default - none */
  readonly key?: string;
}

const OPTIONS = ["suite", "packages", "variant", "mirror", "keepDocs", "key"];

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
    checkOptions(call, options, OPTIONS);
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
