import { shownLine } from "../../core/shown-text.js";
import { counted } from "../counted.js";

const SHOWN = 3;

/** A few names, and how many more there are. */
export function namesText(names: readonly string[], count: number): string {
  const shown = names.slice(0, SHOWN).map(shownLine).join(", ");
  return count > SHOWN ? `${shown} and ${counted(count - SHOWN, "other")}` : shown;
}
