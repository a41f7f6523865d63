const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A size that somebody wrote, as `20MB`, `1.5 GiB` or a number of bytes, in bytes; undefined for what is none. */
export function parseSize(text: string | number): number | undefined {
  if (typeof text === "number") return Number.isFinite(text) && text >= 0 ? Math.floor(text) : undefined;
  const [, number = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(text) ?? [];
  const factor = Object.hasOwn(FACTORS, unit.toLowerCase()) ? FACTORS[unit.toLowerCase()] : undefined;
  return number === "" || factor === undefined ? undefined : Math.floor(Number(number) * factor);
}
