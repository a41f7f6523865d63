import { isLayerwrightError } from "../errors/layerwright-error.js";
import { parsePlatform, platformText } from "../oci/platform.js";
import { UsageError } from "./usage-error.js";

/**
 * Reads the value of an option; what the reader refuses is a mistake in the command line.
 *
 * @throws {UsageError} OPTION_VALUE_INVALID
 */
export function optionValue<T>(option: string, got: string, allowed: string, read: (value: string) => T): T {
  try {
    return read(got);
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    throw new UsageError("OPTION_VALUE_INVALID", { option, got, allowed }, { subject: option, cause: error });
  }
}

/** Refuses the value of an option. */
export function refuseValue(option: string, got: string, allowed: string): never {
  throw new UsageError("OPTION_VALUE_INVALID", { option, got, allowed }, { subject: option });
}

/** Reads the value of `--platform`. @throws {UsageError} OPTION_VALUE_INVALID */
export function readPlatform(text: string): string {
  const allowed = "os/architecture[/variant] with linux as the os, for example linux/amd64";
  return platformText(optionValue("--platform", text, allowed, (it) => parsePlatform(it)));
}

/** Gathers the values of an option that may be given several times. */
export const several = (value: string, before: unknown): readonly string[] => [
  ...(Array.isArray(before) ? (before as string[]) : []),
  value,
];
