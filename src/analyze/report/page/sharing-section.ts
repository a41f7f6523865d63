import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { button, el, facts, group, lead, numbers, placeAt, rovingFocus, table } from "./element.js";
import { type ImageEnd, type LayerBlock, sharingLayout } from "./sharing-layout.js";
import { counted, layerName, percentText, shortDigest } from "./words.js";

/** Shows the files of an image, or of one layer of it. */
export type ShowFiles = (image: number, layer?: number) => void;

/** Room for all rows without the page growing long, in pixels; no row is higher or lower than these. */
const HEIGHT = 460;
const HIGHEST = 52;
const LOWEST = 20;
/** From here on a row has two lines. */
const TALL = 36;
const GAP = 2;

/** The picture of who shares what: one row an image, every layer as wide as its bytes, shared layers over all rows. */
export function sharingSection(data: ReportData, showFiles: ShowFiles): HTMLElement[] {
  const figure = group("sharing", "Layers and the images that share them");
  const scroller = el("div", { class: "scroller" }, figure);
  const details = group("details", "About the chosen layer or image");
  let pinned: HTMLElement | undefined;
  const say = ({ facts: lines, action }: Details): void => {
    details.replaceChildren(...lines, ...(action === undefined ? [] : [action]));
  };
  const choose = (one: HTMLElement, told: () => Details, layer: number | undefined): void => {
    one.addEventListener("focus", () => say(told()));
    one.addEventListener("pointerenter", () => {
      mark(layer);
      if (pinned === undefined) say(told());
    });
    one.addEventListener("pointerleave", () => mark(undefined));
    one.addEventListener("click", () => {
      pinned?.removeAttribute("aria-pressed");
      pinned = pinned === one ? undefined : one;
      pinned?.setAttribute("aria-pressed", "true");
      say(told());
    });
  };
  const mark = (layer: number | undefined): void => {
    for (const one of figure.querySelectorAll<HTMLElement>(".block")) {
      one.classList.toggle("same", layer !== undefined && one.dataset["layer"] === String(layer));
    }
  };
  const draw = (width: number): void => {
    const longest = Math.max(0, ...data.images.map(({ name }) => name.length));
    const rows = Math.max(1, data.images.length);
    const height = Math.min(HIGHEST, Math.max(LOWEST, Math.floor(HEIGHT / rows)));
    // Of a low row, name and size stand on one line.
    const room = Math.min(width * 0.3, Math.max(96, (height < TALL ? 84 : 20) + 8 * longest));
    const { blocks, ends } = sharingLayout(data, width - room);
    const times = new Map<number, number>();
    for (const { layer } of blocks) times.set(layer, (times.get(layer) ?? 0) + 1);
    const drawn: { row: number; x: number; made: HTMLElement }[] = [];
    for (const block of blocks) {
      const made = blockButton(data, block, height, times.get(block.layer)! > 1);
      choose(made, () => layerDetails(data, block, showFiles), block.layer);
      drawn.push({ row: block.row, x: block.x, made });
    }
    for (const end of ends) {
      const made = endButton(data, end, height, width);
      choose(made, () => imageDetails(data, end.image, showFiles), undefined);
      drawn.push({ row: end.row, x: end.x, made });
    }
    // In reading order, row by row: screen readers go through them so.
    drawn.sort((a, b) => a.row - b.row || a.x - b.x);
    const buttons = drawn.map(({ made }) => made);
    figure.style.height = `${rows * height}px`;
    figure.replaceChildren(...buttons);
    rovingFocus(figure, buttons);
    pinned = undefined;
  };
  let drawnWidth = 0;
  new ResizeObserver(() => {
    const { clientWidth } = figure;
    if (clientWidth === 0 || clientWidth === drawnWidth) return;
    drawnWidth = clientWidth;
    draw(clientWidth);
  }).observe(figure);
  const hint = "Point at a layer or an image, or go through them with the arrow keys; Enter keeps it.";
  say({ facts: [el("p", { class: "hint" }, hint)] });
  return [
    lead(
      "Each row is an image, from its base on the left to what it adds on the right. A layer is as wide as its bytes and as high as the images that share it; it is stored and pulled once.",
    ),
    legend(),
    scroller,
    details,
    sharingTables(data),
  ];
}

function blockButton(data: ReportData, block: LayerBlock, height: number, repeated: boolean): HTMLElement {
  const { layer, x, width, row, rows } = block;
  const { description, bytes, images } = data.layers[layer]!;
  const name = layerName(description);
  const share = images.length / data.images.length;
  const level = images.length < 2 ? "own" : share === 1 ? "all" : share >= 0.5 ? "many" : "some";
  const shown = width >= 62 && height * rows >= 18;
  const label =
    shown &&
    el("span", { class: "label" }, el("span", {}, name), " ", el("span", { class: "size" }, sizeText(bytes)));
  const made = button(
    {
      class: `block ${level}${repeated ? " repeated" : ""}${height * rows >= 40 ? " tall" : ""}`,
      "data-layer": layer,
      "aria-label": `${name}, ${sizeText(bytes)}, ${images.length < 2 ? "in one image" : `shared by ${counted(images.length, "image")}`}`,
    },
    () => {},
    label,
  );
  placeAt(made, x, row * height, Math.max(1, width - (width > 4 ? GAP : 1)), rows * height - GAP);
  return made;
}

function endButton(
  data: ReportData,
  { image, x, row }: ImageEnd,
  height: number,
  width: number,
): HTMLElement {
  const { name, virtualBytes } = data.images[image]!;
  const made = button(
    {
      class: `end${height >= TALL ? " tall" : ""}`,
      "aria-label": `Image ${name}, ${sizeText(virtualBytes)}`,
    },
    () => {},
    el("span", { class: "name" }, name),
    " ",
    el("span", { class: "size" }, sizeText(virtualBytes)),
  );
  placeAt(made, x + 4, row * height, Math.max(60, width - x - 4), height - GAP);
  return made;
}

function legend(): HTMLElement {
  const item = (level: string, text: string) => el("li", {}, el("span", { class: `swatch ${level}` }), text);
  return el(
    "ul",
    { class: "legend", "aria-label": "Colours" },
    item("all", "in every image"),
    item("many", "in half of them or more"),
    item("some", "in several"),
    item("own", "in one alone"),
  );
}

/** The text about a layer or an image, and a button that leads on from it. */
export interface Details {
  readonly facts: readonly HTMLElement[];
  readonly action?: HTMLElement;
}

/** Names of images that are written out. */
const MAX_NAMES = 8;

function layerDetails(data: ReportData, { layer, images }: LayerBlock, showFiles: ShowFiles): Details {
  const { description, bytes, compressedBytes, diffId, base, line, images: all } = data.layers[layer]!;
  const names = all.slice(0, MAX_NAMES).map((at) => data.images[at]!.name);
  const more = all.length - names.length;
  const lines = [
    `${sizeText(bytes)}, ${sizeText(compressedBytes)} compressed`,
    `in ${counted(all.length, "image")}: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    ...(all.length > 1 ? [`${sizeText(bytes * (all.length - 1))} saved by sharing it`] : []),
  ];
  const origin = line === undefined ? (base ? "from the base" : "") : `written at ${data.lines[line]}`;
  const image = images[0]!;
  const place = data.images[image]!.layers.indexOf(layer);
  return {
    facts: facts(
      layerName(description),
      lines,
      `${origin}${origin === "" ? "" : " · "}${shortDigest(diffId)}`,
    ),
    action: button({}, () => showFiles(image, place), "Files of this layer"),
  };
}

function imageDetails(data: ReportData, image: number, showFiles: ShowFiles): Details {
  const { name, platform, digest, virtualBytes, uniqueBytes, layers } = data.images[image]!;
  const compressed = layers.reduce((sum, at) => sum + data.layers[at]!.compressedBytes, 0);
  const lines = [
    `${sizeText(virtualBytes)} in ${counted(layers.length, "layer")}, ${sizeText(compressed)} compressed`,
    `${sizeText(uniqueBytes)} its own`,
    `${percentText(virtualBytes - uniqueBytes, virtualBytes)} shared`,
  ];
  return {
    facts: facts(name, lines, digest === undefined ? platform : `${platform} · ${shortDigest(digest)}`),
    action: button({}, () => showFiles(image), "Files of this image"),
  };
}

/** The picture as tables, for those who cannot see it or want its numbers. */
function sharingTables({ images, layers }: ReportData): HTMLElement {
  const imageRows = images.map(({ name, virtualBytes, uniqueBytes, layers: own }) => [
    name,
    sizeText(virtualBytes),
    sizeText(uniqueBytes),
    percentText(virtualBytes - uniqueBytes, virtualBytes),
    own.length,
  ]);
  const order = layers
    .map((_, at) => at)
    .sort((a, b) => saved(b) - saved(a) || layers[b]!.bytes - layers[a]!.bytes);
  function saved(at: number): number {
    return layers[at]!.bytes * (layers[at]!.images.length - 1);
  }
  const layerRows = order.map((at) => {
    const { description, bytes, images: having } = layers[at]!;
    return [
      layerName(description),
      sizeText(bytes),
      sizeText(saved(at)),
      having.length,
      having.map((one) => images[one]!.name).join(", "),
    ];
  });
  return el(
    "details",
    {},
    el("summary", {}, "The same as tables"),
    table("Images", [{ title: "Image" }, ...numbers("Size", "Its own", "Shared", "Layers")], imageRows),
    table(
      "Layers, those first whose sharing saves most",
      [{ title: "Layer" }, ...numbers("Size", "Saved", "Images"), { title: "In" }],
      layerRows,
    ),
  );
}
