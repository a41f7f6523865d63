import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { button, el } from "./element.js";
import type { LayerBlock } from "./sharing-layout.js";
import type { ShowFiles } from "./sharing-section.js";
import { counted, layerName, percentText, shortDigest } from "./words.js";

/** What is said of a layer or an image, and where one can go from it. */
export interface Details {
  readonly facts: readonly HTMLElement[];
  readonly action?: HTMLElement;
}

/** Names of images that are written out. */
const MAX_NAMES = 8;

/** What is said of a layer. */
export function layerDetails(data: ReportData, { layer, images }: LayerBlock, showFiles: ShowFiles): Details {
  const { description, bytes, compressedBytes, diffId, base, line, images: all } = data.layers[layer]!;
  const names = all.slice(0, MAX_NAMES).map((at) => data.images[at]!.name);
  const more = all.length - names.length;
  const facts = [
    `${sizeText(bytes)}, ${sizeText(compressedBytes)} compressed`,
    `in ${counted(all.length, "image")}: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    ...(all.length > 1 ? [`${sizeText(bytes * (all.length - 1))} saved by sharing it`] : []),
  ];
  const origin = line === undefined ? (base ? "from the base" : "") : `written at ${data.lines[line]}`;
  const image = images[0]!;
  const place = data.images[image]!.layers.indexOf(layer);
  return {
    facts: [
      el("p", { class: "what" }, layerName(description)),
      el("p", {}, facts.join(" · ")),
      el("p", { class: "origin" }, `${origin}${origin === "" ? "" : " · "}${shortDigest(diffId)}`),
    ],
    action: button({}, () => showFiles(image, place), "Files of this layer"),
  };
}

/** What is said of an image. */
export function imageDetails(data: ReportData, image: number, showFiles: ShowFiles): Details {
  const { name, platform, digest, virtualBytes, uniqueBytes, layers } = data.images[image]!;
  const compressed = layers.reduce((sum, at) => sum + data.layers[at]!.compressedBytes, 0);
  const facts = [
    `${sizeText(virtualBytes)} in ${counted(layers.length, "layer")}, ${sizeText(compressed)} compressed`,
    `${sizeText(uniqueBytes)} its own`,
    `${percentText(virtualBytes - uniqueBytes, virtualBytes)} shared`,
  ];
  return {
    facts: [
      el("p", { class: "what" }, name),
      el("p", {}, facts.join(" · ")),
      el(
        "p",
        { class: "origin" },
        [platform, ...(digest === undefined ? [] : [shortDigest(digest)])].join(" · "),
      ),
    ],
    action: button({}, () => showFiles(image), "Files of this image"),
  };
}
