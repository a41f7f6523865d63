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
