import type { Platform } from "../../oci/platform.js";

/** A platform as people write it: `linux/arm/v7`. */
export function platformText(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined || variant === ""
    ? `${os}/${architecture}`
    : `${os}/${architecture}/${variant}`;
}

/** The variant that is meant where none is written (containerd's platforms.Normalize). */
const DEFAULT_VARIANT: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8", arm: "v7" };

/** The better of two offers has the higher number; 0 does not run on the wanted platform. */
export function platformFit(offered: Platform, wanted: Platform): number {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return 0;
  const has = variantOf(offered);
  const wants = variantOf(wanted);
  if (has === wants) return 100;
  // Newer processors of these families run what was made for older ones.
  const hasNumber = Number(/^v(\d)$/.exec(has)?.[1] ?? Number.NaN);
  const wantsNumber = Number(/^v(\d)$/.exec(wants)?.[1] ?? Number.NaN);
  const older = hasNumber < wantsNumber;
  return older && (wanted.architecture === "arm" || wanted.architecture === "amd64") ? hasNumber : 0;
}

function variantOf(platform: Platform): string {
  const { architecture, variant } = platform;
  return variant === undefined || variant === "" ? (DEFAULT_VARIANT[architecture] ?? "") : variant;
}
