import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { button, el, facts, group, placeAt, rovingFocus } from "./element.js";
import type { ImageFolder } from "./image-files.js";
import { type TreemapBox, treemapBoxes } from "./treemap-boxes.js";
import { counted, layerName, percentText } from "./words.js";

/** The surroundings of a treemap. */
export interface TreemapView {
  /** Names of directories from the root to the directory that is shown. */
  readonly path: readonly string[];
  /** The class of each layer's colour. */
  readonly colors: readonly string[];
  open(path: readonly string[]): void;
  /** Goes out of the directory that is shown. */
  out(): void;
}

/** The contents of a directory as boxes: Enter or a click goes into a directory, Escape or Backspace out of it. */
export function treemap(
  data: ReportData,
  image: number,
  folder: ImageFolder,
  view: TreemapView,
): { readonly parts: readonly HTMLElement[]; focus(): void } {
  const figure = group(
    "treemap",
    `Files below /${view.path.join("/")}, by size. Arrows move, Enter opens a folder, Escape goes back`,
  );
  const details = group("details", "About the chosen file or folder");
  const hint =
    "Point at a box, or go through them with the arrow keys. Enter opens a folder, Escape goes back.";
  details.append(el("p", { class: "hint" }, hint));
  // Around the box that has the focus: an open directory lies below what is in it, and so would its outline.
  const ring = el("span", { class: "ring" });
  const draw = (): void => {
    const box = { x: 0, y: 0, width: figure.clientWidth, height: figure.clientHeight };
    const boxes = treemapBoxes(folder, box);
    const buttons = boxes.map((one) => {
      const made = boxButton(data, image, one, view);
      const say = () => details.replaceChildren(...boxFacts(data, image, folder, one, view));
      made.addEventListener("focus", () => {
        say();
        placeAt(ring, one.x, one.y, one.width, one.height);
      });
      made.addEventListener("pointerenter", say);
      return made;
    });
    const empty = el("p", { class: "empty" }, "No files with bytes are here.");
    figure.replaceChildren(...(buttons.length === 0 ? [empty] : [...buttons, ring]));
    rovingFocus(figure, buttons);
  };
  figure.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "Backspace") return;
    if (view.path.length === 0) return;
    event.preventDefault();
    view.out();
  });
  let drawnWidth = 0;
  new ResizeObserver(() => {
    if (figure.clientWidth === 0 || figure.clientWidth === drawnWidth) return;
    drawnWidth = figure.clientWidth;
    const focused = figure.contains(document.activeElement);
    draw();
    if (focused) first()?.focus();
  }).observe(figure);
  const first = () => figure.querySelector<HTMLElement>("button");
  return {
    parts: [figure, details],
    focus: () => {
      drawnWidth = figure.clientWidth;
      draw();
      (first() ?? figure).focus();
    },
  };
}

function boxButton(data: ReportData, image: number, box: TreemapBox, view: TreemapView): HTMLElement {
  const { x, y, width, height, folder, file, open, layer } = box;
  const name = file === undefined ? box.chain!.join("/") : fileName(box);
  const bytes = (folder ?? file)!.bytes;
  const hidden = hiddenText(box);
  const what = `${folder === undefined ? "" : ", folder"}${hidden === "" ? "" : `, ${hidden}`}`;
  const made = button(
    {
      class: `${open ? "open" : view.colors[layer]}${hidden === "" || open ? "" : " hidden"}`,
      "aria-label": `${file === undefined ? `/${[...view.path, ...box.path].join("/")}` : name}, ${sizeText(bytes)}${what}, ${nameOf(data, image, layer)}`,
      "data-path": [...view.path, ...box.path, ...(file === undefined ? [] : [file.name])].join("/"),
    },
    () => {
      if (folder !== undefined) view.open([...view.path, ...box.path]);
    },
    width > 34 && height > 15 && el("span", { class: "label" }, name),
    " ",
    (open ? width > 130 : width > 58 && height > 34) && el("span", { class: "size" }, sizeText(bytes)),
  );
  placeAt(made, x, y, Math.max(1, width - 1), Math.max(1, height - 1));
  return made;
}

/** True when later layers hide all of it, and how. */
function hiddenText({ file, folder }: TreemapBox): string {
  if (file?.hidden !== undefined) return `${file.hidden} by a later layer`;
  return folder !== undefined && folder.hiddenBytes === folder.bytes ? "hidden by later layers" : "";
}

function fileName({ file, path }: TreemapBox): string {
  if (file!.others !== undefined) return counted(file!.others, "other file");
  return file!.name === "" ? (path.at(-1) ?? "") : file!.name;
}

function nameOf(data: ReportData, image: number, layer: number): string {
  return layerName(data.layers[data.images[image]!.layers[layer]!]!.description);
}

function boxFacts(
  data: ReportData,
  image: number,
  shown: ImageFolder,
  box: TreemapBox,
  view: TreemapView,
): HTMLElement[] {
  const { file, folder, layer } = box;
  const bytes = (folder ?? file)!.bytes;
  const place = `/${[...view.path, ...box.path].join("/")}`;
  const slash = place === "/" ? "" : "/";
  const name =
    file === undefined
      ? `${place}/`
      : file.others === undefined
        ? `${place}${slash}${file.name}`
        : `${fileName(box)} in ${place}`;
  const hidden = hiddenText(box);
  const lines = [`${sizeText(bytes)}, ${percentText(bytes, shown.bytes)} of what is shown`];
  if (hidden !== "") lines.push(hidden);
  const line = file?.line === undefined ? "" : ` · written at ${data.lines[file.line]}`;
  return facts(name, lines, `${folder === undefined ? "" : "mostly "}${nameOf(data, image, layer)}${line}`);
}
