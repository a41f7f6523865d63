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
