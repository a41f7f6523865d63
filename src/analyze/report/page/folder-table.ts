import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { button, el } from "./element.js";
import type { ImageFolder } from "./image-files.js";
import { type Cells, table, tableRow } from "./table.js";
import type { TreemapView } from "./treemap.js";
import { mainLayer, straightOn } from "./treemap-boxes.js";
import { counted, layerName, percentText } from "./words.js";

/** Rows that are shown until more are asked for. */
const FIRST = 12;

const COLUMNS = [
  { title: "Name" },
  { title: "Size", number: true },
  { title: "Share", number: true },
  { title: "Layer" },
  { title: "Line" },
];

/** What lies in a folder as a table, largest first: the map in words. */
export function folderTable(
  data: ReportData,
  image: number,
  folder: ImageFolder,
  view: TreemapView,
): HTMLElement {
  const rows = rowsOf(data, image, folder, view);
  const made = table(`In /${view.path.join("/")}`, COLUMNS, rows.slice(0, FIRST));
  const rest = rows.slice(FIRST);
  if (rest.length === 0) return made;
  const more = button(
    { class: "more" },
    () => {
      const added = rest.map((cells) => tableRow(COLUMNS, cells));
      made.tBodies[0]!.append(...added);
      more.remove();
      added[0]!.tabIndex = -1;
      added[0]!.focus();
    },
    `Show ${counted(rest.length, "more row")}`,
  );
  return el("div", {}, made, more);
}

function rowsOf(data: ReportData, image: number, folder: ImageFolder, view: TreemapView): Cells[] {
  const layerCell = (at: number) => {
    const place = data.images[image]!.layers[at]!;
    const swatch = el("span", { class: `swatch ${view.colors[at]}` });
    return el("span", { class: "layer" }, swatch, layerName(data.layers[place]!.description));
  };
  const folders = folder.folders.map((one) => {
    const { chain, last } = straightOn(one);
    const open = () => view.open([...view.path, ...chain]);
    const cells = [
      button({ class: "link" }, open, `${chain.join("/")}/`),
      ...sizes(one.bytes),
      layerCell(mainLayer(last)),
      "",
    ];
    return { bytes: one.bytes, cells };
  });
  const files = folder.files.map(({ name, bytes, others, layer, line, hidden }) => {
    const shown = others === undefined ? name : counted(others, "other file");
    const first = hidden === undefined ? shown : el("span", {}, shown, " ", el("em", {}, `${hidden} later`));
    return {
      bytes,
      cells: [first, ...sizes(bytes), layerCell(layer), line === undefined ? "" : data.lines[line]],
    };
  });
  function sizes(bytes: number) {
    return [sizeText(bytes), percentText(bytes, folder.bytes)];
  }
  return [...folders, ...files].sort((a, b) => b.bytes - a.bytes).map(({ cells }) => cells);
}
