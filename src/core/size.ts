const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A number of bytes as people read it: decimal units as Docker prints them, at most one decimal place. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, "");
  return `${digits} ${UNITS[unit]}`;
}

/** Bytes of each unit: decimal as sizes are printed, the binary ones by their own names. */
const FACTORS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ...(["k", "m", "g", "t"] as const).flatMap((letter, at): [string, number][] => [
    [letter, 1000 ** (at + 1)],
    [`${letter}b`, 1000 ** (at + 1)],
    [`${letter}ib`, 1024 ** (at + 1)],
  ]),
]);

/**
 * Reads a size such as `20MB`, `1.5 GB` or `64 MiB`, or a number of bytes, as whole bytes; undefined when it is none.
 */
export function parseSize(text: string | number): number | undefined {
  if (typeof text === "number") return Number.isSafeInteger(text) && text >= 0 ? text : undefined;
  const match = /^(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]*)$/i.exec(String(text).trim());
  const unit = FACTORS.get((match?.[2] ?? "?").toLowerCase());
  if (match === null || unit === undefined) return undefined;
  const bytes = Math.floor(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
