import { shownLine } from "../core/shown-text.js";
import { sizeText } from "../core/size.js";
import type { Paint } from "./terminal.js";

/** One cell: its text, and how it is painted once its width is known. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** Lines of aligned columns, two spaces apart, without trailing spaces. `right` names the columns of numbers. */
export function columns(rows: readonly (readonly Cell[])[], right: readonly number[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  const lines = rows.map((row) =>
    row
      .map((cell, index) => {
        const gap = " ".repeat((widths[index] ?? 0) - widthOf(cell));
        const text = typeof cell === "string" ? cell : cell.paint(cell.text);
        if (right.includes(index)) return gap + text;
        return index === row.length - 1 ? text : text + gap;
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join("");
}

function widthOf(cell: Cell): number {
  return [...(typeof cell === "string" ? cell : cell.text)].length;
}

/** A number with its noun: `1 layer`, `2 layers`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** One line of the tree. */
interface TreeLayer {
  readonly description: string;
  readonly digest: string;
  /** Bytes of the compressed blob. */
  readonly size: number;
  /** A word about where it comes from: `base`, `cached`. */
  readonly mark?: string;
}

/** The layers of an image below its title, bottom first, with sizes that a person can read. */
export function layerTree(title: string, layers: readonly TreeLayer[], paint: Paint): string {
  if (layers.length === 0) return `${title}\n${paint.dim("└─ no layers")}\n`;
  const marked = layers.some(({ mark }) => mark !== undefined);
  const rows = layers.map(({ description, digest, size, mark = "" }, index) => [
    { text: index === layers.length - 1 ? "└─" : "├─", paint: paint.dim },
    sizeText(size),
    { text: shortDigest(digest), paint: paint.dim },
    ...(marked ? [{ text: mark, paint: mark === "cached" ? paint.green : paint.cyan }] : []),
    shownLine(description),
  ]);
  return `${title}\n${columns(rows, [1])}`;
}

/** Enough of a digest to tell layers apart. */
export function shortDigest(digest: string): string {
  return digest.replace(/^(sha\d+:.{12}).*$/, "$1");
}

const SHOWN = 3;

/** A few names, and how many more there are. */
export function namesText(names: readonly string[], count: number): string {
  const shown = names.slice(0, SHOWN).map(shownLine).join(", ");
  return count > SHOWN ? `${shown} and ${counted(count - SHOWN, "other")}` : shown;
}
