import { parseSize as bytesOf } from "../core/size.js";
import type { ErrorCode } from "../errors/catalogue.js";
import { isLayerwrightError, LayerwrightError } from "../errors/layerwright-error.js";
import { parsePlatform, platformText } from "../oci/platform.js";

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

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AGES: Readonly<Record<string, number>> = { s: 1000, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** Reads a size such as `10GB` as bytes. @throws {UsageError} OPTION_VALUE_INVALID */
export function parseSize(option: string, text: string): number {
  const allowed = "a number and B, kB, MB, GB or TB, for example 10GB";
  return bytesOf(text) ?? refuseValue(option, text, allowed);
}

/** Reads an age such as `30d` as milliseconds. @throws {UsageError} OPTION_VALUE_INVALID */
export function parseAge(option: string, text: string): number {
  return amount(option, text, AGES, "a number and s, m, h, d or w, for example 30d");
}

/** How long ago, in the largest unit that gives at least 1. */
export function ageText(ms: number): string {
  if (ms >= DAY) return `${Math.floor(ms / DAY)} d ago`;
  if (ms >= HOUR) return `${Math.floor(ms / HOUR)} h ago`;
  return ms >= MINUTE ? `${Math.floor(ms / MINUTE)} min ago` : "now";
}

function amount(
  option: string,
  text: string,
  units: Readonly<Record<string, number>>,
  allowed: string,
): number {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)\s?([a-z]*)$/i.exec(text.trim());
  const unit = units[(match?.[2] ?? "?").toLowerCase()];
  if (match === null || unit === undefined) return refuseValue(option, text, allowed);
  return Number(match[1]) * unit;
}

/** The command line itself is wrong; the exit code is 2. */
export class UsageError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {}
