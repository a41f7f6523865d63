import { readdirSync } from "node:fs";
import { sortByBytes } from "../../core/byte-order.js";
import { pathFromBytes } from "../../core/path-bytes.js";

/** The names in a folder in byte order. */
export function sortedNames(folder: string | Buffer): string[] {
  return sortByBytes(readNames(folder));
}

/** What stands in decoded text for bytes that are no UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * The names in a folder, in no order. Names are read as text, and once more as bytes only where one of them is not
 * UTF-8: reading bytes costs twice as much, and hardly any folder needs it.
 */
function readNames(folder: string | Buffer): string[] {
  const names = readdirSync(folder, { encoding: "utf8" });
  if (!names.some((name) => name.includes(REPLACEMENT))) return names;
  return readdirSync(folder, { encoding: "buffer" }).map((bytes) => pathFromBytes(bytes));
}
