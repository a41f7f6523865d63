import { shownText } from "../../../core/shown-text.js";
import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { button, type Cells, el, lead, numbers, table, tableRow } from "./element.js";
import { type ImageFolder, imageFiles } from "./image-files.js";
import type { ShowFiles } from "./sharing-section.js";
import { type TreemapView, treemap } from "./treemap.js";
import { mainLayer, straightOn } from "./treemap-boxes.js";
import { counted, layerName, percentText } from "./words.js";

/** The part of an image that is shown. */
interface View {
  readonly image: number;
  /** Place in its layers; undefined for all of them. */
  readonly layer: number | undefined;
  /** Names of directories from the root. */
  readonly path: readonly string[];
}

/** The files of one image by layer, as a map to zoom into and as a table. */
export function filesSection(data: ReportData): {
  readonly section: HTMLElement[];
  readonly show: ShowFiles;
} {
  const select = el("select", { id: "files-image" });
  select.append(
    ...data.images.map(({ name, virtualBytes }, at) =>
      el("option", { value: at }, `${name} (${sizeText(virtualBytes)})`),
    ),
  );
  const layers = el("ul", { class: "layers", "aria-label": "Layers of the image" });
  const crumbs = el("ol", {});
  const map = el("div", { class: "map" });
  const list = el("div", {});
  const said = el("p", { class: "visually-hidden", role: "status" });
  const sizes = data.images.map(({ virtualBytes }) => virtualBytes);
  let view: View = { image: Math.max(0, sizes.indexOf(Math.max(...sizes))), layer: undefined, path: [] };

  const show = (next: View, focus = false): void => {
    view = next;
    select.value = String(view.image);
    const colors = layerColors(data, view.image);
    const root = imageFiles(data, view.image, view.layer);
    const folder = folderAt(root, view.path) ?? root;
    const open = (path: readonly string[]) => show({ ...view, path }, true);
    const inside = { path: view.path, colors, open, out: () => open(pathOut(root, view.path)) };
    layers.replaceChildren(...layerItems(data, view, colors, (layer) => show({ ...view, layer, path: [] })));
    crumbs.replaceChildren(...crumbItems(view.path, open));
    map.replaceChildren();
    const drawn = treemap(data, view.image, folder, inside);
    map.append(...drawn.parts);
    list.replaceChildren(folderTable(data, view.image, folder, inside));
    if (!focus) return;
    said.textContent = shownText(`${pathText(view.path)}, ${sizeText(folder.bytes)}`);
    drawn.focus();
  };
  select.addEventListener("change", () => show({ image: Number(select.value), layer: undefined, path: [] }));
  if (data.images.length > 0) show(view);

  return {
    section: [
      lead(
        "All files that the layers of an image hold, coloured by layer. Files that a later layer removes or replaces are hatched: they are hidden, and still pulled.",
      ),
      el("div", { class: "controls" }, el("label", { for: select.id }, "Image"), select),
      layers,
      el("nav", { class: "crumbs", "aria-label": "Folder" }, crumbs),
      map,
      list,
      said,
    ],
    show: (image, layer) => {
      show({ image, layer, path: [] });
      const section = document.getElementById("files")!;
      section.scrollIntoView();
      section.focus({ preventScroll: true });
    },
  };
}

function pathText(path: readonly string[]): string {
  return `/${path.join("/")}`;
}

function layerItems(
  data: ReportData,
  { image, layer: chosen }: View,
  colors: readonly string[],
  choose: (layer: number | undefined) => void,
): HTMLElement[] {
  const { layers, virtualBytes } = data.images[image]!;
  return layers.map((place, at) => {
    const { description, bytes } = data.layers[place]!;
    const pressed = chosen === at;
    const made = button(
      { "aria-pressed": String(pressed), title: layerName(description) },
      () => {
        choose(pressed ? undefined : at);
        // The buttons are others now: the one in its place goes on.
        document.querySelectorAll<HTMLElement>(".layers button")[at]?.focus();
      },
      el("span", { class: `swatch ${colors[at]}` }),
      el("span", { class: "name" }, layerName(description)),
      el("span", { class: "size" }, `${sizeText(bytes)}, ${percentText(bytes, virtualBytes)}`),
    );
    return el("li", {}, made);
  });
}

function crumbItems(path: readonly string[], open: (path: readonly string[]) => void): HTMLElement[] {
  return ["/", ...path].map((name, at) => {
    const here = at === path.length;
    const go = () => open(path.slice(0, at));
    return el("li", {}, here ? el("span", { "aria-current": "location" }, name) : button({}, go, name));
  });
}

/** The directory at a path from the root; undefined where there is none. */
function folderAt(root: ImageFolder, path: readonly string[]): ImageFolder | undefined {
  return path.reduce<ImageFolder | undefined>(
    (at, name) => at?.folders.find((one) => one.name === name),
    root,
  );
}

/** The path that one gets to going out of a directory: past directories that hold nothing else, as one came in. */
function pathOut(root: ImageFolder, path: readonly string[]): readonly string[] {
  let out = path.slice(0, -1);
  while (out.length > 0) {
    const at = folderAt(root, out);
    if (at === undefined || at.files.length > 0 || at.folders.length > 1) break;
    out = out.slice(0, -1);
  }
  return out;
}

/** Rows that are shown until more are asked for. */
const FIRST = 12;

const COLUMNS = [{ title: "Name" }, ...numbers("Size", "Share"), { title: "Layer" }, { title: "Line" }];

/** Lists the contents of a directory in a table, largest first: the map in words. */
function folderTable(data: ReportData, image: number, folder: ImageFolder, view: TreemapView): HTMLElement {
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

/** Hues that are told apart with a layer's neighbours: its own first, the accent's. */
const HUES = [255, 165, 75, 345, 205, 120, 35, 300] as const;

/** Gives each layer of an image the class of its colour: greys for its base, hues for its own. */
function layerColors({ images, layers }: ReportData, image: number): readonly string[] {
  let own = 0;
  let base = 0;
  return images[image]!.layers.map((place) =>
    layers[place]!.base ? `base-${base++ % 3}` : `hue-${own++ % HUES.length}`,
  );
}
