import type { ReportData, ReportWaste } from "../report-data.js";
import { layerName } from "./words.js";

/** A row of the table of waste, with the names that it is sorted and filtered by. */
export interface WasteRow extends Omit<ReportWaste, "line"> {
  /** The first of its images, and how many more there are. */
  readonly imageNames: string;
  readonly layerName: string;
  /** Empty where no line is known. */
  readonly line: string;
}

/** What rows are sorted by. */
export type WasteOrder = "bytes" | "kind" | "imageNames" | "line";

/** Every row of waste in a report, worst first. */
export function wasteRows({ images, layers, lines, waste = [] }: ReportData): WasteRow[] {
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
export function sortRows(rows: readonly WasteRow[], order: WasteOrder, descending: boolean): WasteRow[] {
  const sign = descending ? -1 : 1;
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  return [...rows].sort((a, b) => {
    const [left, right] = [a[order], b[order]];
    const by = typeof left === "number" ? left - Number(right) : compare(left, String(right));
    return sign * by || b.bytes - a.bytes;
  });
}

/** The rows of an image (of all, where it is undefined) that have a text anywhere. */
export function filterRows(rows: readonly WasteRow[], image: number | undefined, text: string): WasteRow[] {
  const wanted = text.trim().toLowerCase();
  return rows.filter((row) => {
    if (image !== undefined && !row.images.includes(image)) return false;
    const all = [row.kind, row.what, row.imageNames, row.layerName, row.line, row.fix, ...row.paths];
    return wanted === "" || all.some((one) => one.toLowerCase().includes(wanted));
  });
}
