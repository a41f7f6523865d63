import { refuseValue } from "./option-value.js";

/** Decimal, as sizes are printed; the binary units by their own names. */
const SIZES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AGES: Readonly<Record<string, number>> = { s: 1000, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** Reads a size such as `10GB` as bytes. @throws {UsageError} OPTION_VALUE_INVALID */
export function parseSize(option: string, text: string): number {
  const allowed = "a number and B, kB, MB, GB or TB, for example 10GB";
  return Math.floor(amount(option, text, SIZES, allowed));
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
