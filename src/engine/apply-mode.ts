import type { Mode } from "../image/mode.js";
import { applySymbolicMode } from "../image/mode.js";

/** Permission bits after `chmod` of this mode. */
export function applyMode(mode: Mode, before: number, isFolder: boolean): number {
  return "octal" in mode ? mode.octal : applySymbolicMode(mode.symbolic, before, isFolder);
}
