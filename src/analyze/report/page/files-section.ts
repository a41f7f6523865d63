import { shownText } from "../../../core/shown-text.js";
import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { button, el } from "./element.js";
import { folderAt, pathOut } from "./folder-path.js";
import { folderTable } from "./folder-table.js";
import { imageFiles } from "./image-files.js";
import { layerColors } from "./layer-colors.js";
import type { ShowFiles } from "./sharing-section.js";
import { treemap } from "./treemap.js";
import { layerName, percentText } from "./words.js";

/** What of which image is shown. */
interface View {
  readonly image: number;
  /** Place in its layers; undefined for all of them. */
  readonly layer: number | undefined;
  /** Names of folders from the root. */
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
      el(
        "p",
        { class: "lead" },
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

/** A path as people write it. */
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
    if (at === path.length) return el("li", {}, el("span", { "aria-current": "location" }, name));
    return el(
      "li",
      {},
      button({}, () => open(path.slice(0, at)), name),
    );
  });
}
