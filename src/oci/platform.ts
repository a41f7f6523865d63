import { arch } from "node:process";
import { DefinitionError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";

/** An operating system and processor, in Go's names (image-spec config.md). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** Other names of an architecture, as containerd's platforms.Normalize reads them: to a name and a variant. */
const ALIASES: Readonly<Record<string, readonly [string, string?]>> = {
  i386: ["386"],
  i686: ["386"],
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
  ppc64el: ["ppc64le"],
};

/** The architectures that Linux images are made for, and the variants that each has. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  "386": [],
  amd64: ["v1", "v2", "v3", "v4"],
  arm: ["v5", "v6", "v7", "v8"],
  arm64: ["v8", "v9"],
  loong64: [],
  mips64le: [],
  ppc64le: [],
  riscv64: [],
  s390x: [],
};

/**
 * Reads a platform, `os/architecture[/variant]`. The names that `uname` and Debian use are taken too
 * (`x86_64`, `aarch64`, `armhf`), and the variant that means nothing (`arm64/v8`, `amd64/v1`) is dropped.
 *
 * @throws {DefinitionError} PLATFORM_INVALID
 * @example
 * ```ts
 * import { parsePlatform } from "layerwright";
 *
 * console.log(parsePlatform("linux/aarch64").architecture); // arm64
 * ```
 */
export function parsePlatform(text: string, origin?: Origin): Platform {
  const fail = (reason: string): never => {
    throw new DefinitionError("PLATFORM_INVALID", { got: text, reason }, { subject: "platform", origin });
  };
  if (typeof text !== "string") return fail("it is not a string");
  const parts = text.split("/");
  if (parts.length < 2 || parts.length > 3)
    return fail("it is not os/architecture or os/architecture/variant");
  const [os = "", named = "", writtenVariant] = parts;
  if (os !== "linux") fail("the operating system has to be linux");
  const [architecture, impliedVariant] = Object.hasOwn(ALIASES, named) ? ALIASES[named]! : [named];
  if (!Object.hasOwn(ARCHITECTURES, architecture)) {
    fail(`the architecture is none of ${Object.keys(ARCHITECTURES).join(", ")}`);
  }
  const variants = ARCHITECTURES[architecture]!;
  const bare = writtenVariant === undefined || writtenVariant.startsWith("v");
  const variant = bare ? (writtenVariant ?? impliedVariant) : `v${writtenVariant}`;
  if (variant !== undefined && !variants.includes(variant)) {
    fail(
      variants.length === 0
        ? `${architecture} has no variants`
        : `the variant is none of ${variants.join(", ")}`,
    );
  }
  return Object.freeze(normalised(architecture, variant));
}

/**
 * The short spelling of a platform: `linux/amd64`, `linux/arm/v7`.
 *
 * @example
 * ```ts
 * import { parsePlatform, platformText } from "layerwright";
 *
 * console.log(platformText(parsePlatform("linux/armhf"))); // linux/arm/v7
 * ```
 */
export function platformText(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined || variant === ""
    ? `${os}/${architecture}`
    : `${os}/${architecture}/${variant}`;
}

/** Node's name of a processor to Go's, where they differ. */
const NODE_ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/**
 * The Linux platform of the machine that this runs on; also on macOS and Windows, whose containers are Linux.
 *
 * @example
 * ```ts
 * import { hostPlatform } from "layerwright";
 *
 * console.log(hostPlatform().os); // linux
 * ```
 */
export function hostPlatform(architecture: string = arch): Platform {
  return normalised(
    NODE_ARCHITECTURES[architecture] ?? architecture,
    architecture === "arm" ? "v7" : undefined,
  );
}

/** A plain `arm` means v7, and a variant that every machine of the kind has is left out (containerd platforms). */
function normalised(architecture: string, variant: string | undefined): Platform {
  const usual = architecture === "arm64" ? "v8" : architecture === "amd64" ? "v1" : undefined;
  const kept = architecture === "arm" ? (variant ?? "v7") : variant === usual ? undefined : variant;
  return { os: "linux", architecture, ...(kept === undefined ? {} : { variant: kept }) };
}
