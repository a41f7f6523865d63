import type { HostPlace } from "../../archive/held-directory.js";
import { pathFromBytes, sortByBytes } from "../../core/bytes.js";
import { sourceFailure } from "./source-failure.js";

/** The names in a directory in byte order. */
export function sortedNames(place: HostPlace): string[] {
  try {
    return sortByBytes(readNames(place));
  } catch (error) {
    throw sourceFailure(place.path, error);
  }
}

/** What stands in decoded text for bytes that are no UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * The names in a folder, in no order. Names are read as text, and once more as bytes only where one of them is not
 * UTF-8: reading bytes costs twice as much, and hardly any folder needs it.
 */
function readNames(place: HostPlace): string[] {
  const names = place.listText();
  if (!names.some((name) => name.includes(REPLACEMENT))) return names;
  return place.listBytes().map((bytes) => pathFromBytes(bytes));
}
