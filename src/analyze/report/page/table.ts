import { type Child, el } from "./element.js";

/** A column of a table. Numbers stand to the right. */
export interface Column {
  readonly title: string;
  readonly number?: boolean;
}

/** The cell of a row: what is shown. */
export type Cells = readonly Child[];

/** A table that says what it is. Roles are written out: on a phone its rows are drawn as cards, which would lose them. */
export function table(caption: string, columns: readonly Column[], rows: readonly Cells[]): HTMLTableElement {
  const heads = columns.map(({ title, number }) =>
    el("th", { scope: "col", role: "columnheader", class: number && "number" }, title),
  );
  return el(
    "table",
    { role: "table" },
    el("caption", {}, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)),
    el("tbody", { role: "rowgroup" }, ...rows.map((cells) => tableRow(columns, cells))),
  );
}

/** A row of a table; its first cell is its heading. */
export function tableRow(columns: readonly Column[], cells: Cells): HTMLTableRowElement {
  const made = cells.map((cell, at) => {
    const { title, number } = columns[at]!;
    const attributes = { "data-title": title, class: number && "number" };
    return at === 0
      ? el("th", { scope: "row", role: "rowheader", ...attributes }, cell)
      : el("td", { role: "cell", ...attributes }, cell);
  });
  return el("tr", { role: "row" }, ...made);
}
