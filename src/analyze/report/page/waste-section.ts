import { sizeText } from "../../../core/size.js";
import type { ReportData, ReportWaste } from "../report-data.js";
import { button, el, lead, tableRow } from "./element.js";
import type { ShowFiles } from "./sharing-section.js";
import { counted, layerName } from "./words.js";

/** Rows that are shown until more are asked for. */
const FIRST = 50;

const COLUMNS: readonly { readonly title: string; readonly order?: WasteOrder; readonly number?: boolean }[] =
  [
    { title: "What", order: "kind" },
    { title: "Size", order: "bytes", number: true },
    { title: "Image", order: "imageNames" },
    { title: "Layer" },
    { title: "Line", order: "line" },
    { title: "What to do" },
  ];

/** Makes the table of waste, worst first, to sort and to filter. */
export function wasteSection(data: ReportData, showFiles: ShowFiles): HTMLElement[] {
  if (data.waste === undefined) {
    return [lead("This report was made without looking for waste.")];
  }
  const all = wasteRows(data);
  if (all.length === 0) return [lead("Nothing is wasted: no image holds a byte that nobody needs.")];
  const select = el("select", { id: "waste-image" }, el("option", { value: "" }, "all images"));
  select.append(...data.images.map(({ name }, at) => el("option", { value: at }, name)));
  const search = el("input", { id: "waste-text", type: "search", autocomplete: "off", spellcheck: "false" });
  const said = el("p", { class: "found", role: "status" });
  const body = el("tbody", { role: "rowgroup" });
  const more = button({ class: "more" }, () => draw(Number.POSITIVE_INFINITY), "Show all rows");
  let order: WasteOrder = "bytes";
  let descending = true;

  const draw = (limit = FIRST): void => {
    const image = select.value === "" ? undefined : Number(select.value);
    const rows = sortRows(filterRows(all, image, search.value), order, descending);
    body.replaceChildren(...rows.slice(0, limit).map((row) => rowOf(data, row, showFiles)));
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    // Images that share a layer may waste some bytes of it alike and others not: only those of one image add up.
    said.textContent = `${counted(rows.length, "row")}${image === undefined ? "" : `, ${sizeText(bytes)}`}`;
    more.hidden = rows.length <= limit;
    for (const head of heads) {
      if (head.dataset["order"] === undefined) continue;
      const sorted = head.dataset["order"] === order;
      head.setAttribute("aria-sort", sorted ? (descending ? "descending" : "ascending") : "none");
    }
  };
  const heads = COLUMNS.map(({ title, order: by, number }) => {
    const attributes = { scope: "col", role: "columnheader", class: number && "number", "data-order": by };
    if (by === undefined) return el("th", attributes, title);
    const sort = () => {
      descending = order === by ? !descending : by === "bytes";
      order = by;
      draw();
    };
    return el("th", attributes, button({ class: "sort" }, sort, title));
  });
  select.addEventListener("change", () => draw());
  search.addEventListener("input", () => draw());
  draw();
  return [
    lead("Bytes that are pulled and never needed, with the line that wrote them and what to do about it."),
    el(
      "div",
      { class: "controls" },
      el("label", { for: select.id }, "Image"),
      select,
      el("label", { for: search.id }, "Filter"),
      search,
      said,
    ),
    el(
      "table",
      { role: "table", class: "waste" },
      el("caption", { class: "visually-hidden" }, "Waste"),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)),
      body,
    ),
    more,
  ];
}

function rowOf(data: ReportData, row: WasteRow, showFiles: ShowFiles): HTMLElement {
  const { kind, what: words, bytes, files, images, imageNames, layer, layerName, line, fix, paths } = row;
  const image = images[0]!;
  const place = data.images[image]!.layers.indexOf(layer);
  const shown = paths[0] ?? "";
  const rest = files - 1;
  const what = el(
    "span",
    {},
    el("strong", {}, kind),
    ` ${words}`,
    el("span", { class: "path" }, rest > 0 ? `${shown} and ${counted(rest, "more file")}` : shown),
  );
  const cells = [
    what,
    sizeText(bytes),
    imageNames,
    button({ class: "link" }, () => showFiles(image, place), layerName),
    line === "" ? "–" : el("code", {}, line),
    fix,
  ];
  return tableRow(COLUMNS, cells);
}

/** A row of the table of waste, with the names that it is sorted and filtered by. */
export interface WasteRow extends Omit<ReportWaste, "line"> {
  /** The first of its images, and how many more there are. */
  readonly imageNames: string;
  readonly layerName: string;
  /** Empty where no line is known. */
  readonly line: string;
}

/** The column that rows are sorted by. */
export type WasteOrder = "bytes" | "kind" | "imageNames" | "line";

function wasteRows({ images, layers, lines, waste = [] }: ReportData): WasteRow[] {
  const rows = waste.map((row) => {
    const more = row.images.length - 1;
    const first = images[row.images[0]!]!.name;
    return {
      ...row,
      imageNames: more === 0 ? first : `${first} and ${more} more`,
      layerName: layerName(layers[row.layer]!.description),
      line: row.line === undefined ? "" : lines[row.line]!,
    };
  });
  return sortRows(rows, "bytes", true);
}

/** Rows in another order; what is equal stays worst first. */
function sortRows(rows: readonly WasteRow[], order: WasteOrder, descending: boolean): WasteRow[] {
  const sign = descending ? -1 : 1;
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  return [...rows].sort((a, b) => {
    const [left, right] = [a[order], b[order]];
    const by = typeof left === "number" ? left - Number(right) : compare(left, String(right));
    return sign * by || b.bytes - a.bytes;
  });
}

/** The rows of an image (of all, where it is undefined) that have a text anywhere. */
function filterRows(rows: readonly WasteRow[], image: number | undefined, text: string): WasteRow[] {
  const wanted = text.trim().toLowerCase();
  return rows.filter((row) => {
    if (image !== undefined && !row.images.includes(image)) return false;
    const all = [row.kind, row.what, row.imageNames, row.layerName, row.line, row.fix, ...row.paths];
    return wanted === "" || all.some((one) => one.toLowerCase().includes(wanted));
  });
}
