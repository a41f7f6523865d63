import { applySymbolicMode } from "../core/file-mode.js";
import type { Mode } from "../image/mode.js";

/** Permission bits after a mode option; octal bits replace them. */
export function modeAfter(mode: Mode | undefined, before: number, isFolder: boolean): number {
  if (mode === undefined) return before;
  return "octal" in mode ? mode.octal : applySymbolicMode(mode.symbolic, before, isFolder);
}

/** Bits as `--chmod` takes them. */
export function octalText(bits: number): string {
  return bits.toString(8).padStart(4, "0");
}

/**
 * True when a `--chmod` leaves the folders that the copy makes as every builder makes them, 0755. BuildKit of Docker
 * 28 gives them the octal mode without the write bits of others, 26.1 and buildah do not (measured); symbolic modes
 * never reach them.
 */
export function sparesNewFolders(chmod: string | undefined): boolean {
  if (chmod === undefined || !/^[0-7]+$/.test(chmod)) return true;
  return (Number.parseInt(chmod, 8) & 0o777 & ~0o022) === 0o755;
}
