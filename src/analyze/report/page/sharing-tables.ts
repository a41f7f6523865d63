import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { el } from "./element.js";
import { table } from "./table.js";
import { layerName, percentText } from "./words.js";

/** The picture as tables, for those who cannot see it or want its numbers. */
export function sharingTables({ images, layers }: ReportData): HTMLElement {
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
  const number = true;
  return el(
    "details",
    {},
    el("summary", {}, "The same as tables"),
    table(
      "Images",
      [
        { title: "Image" },
        { title: "Size", number },
        { title: "Its own", number },
        { title: "Shared", number },
        { title: "Layers", number },
      ],
      imageRows,
    ),
    table(
      "Layers, those first whose sharing saves most",
      [
        { title: "Layer" },
        { title: "Size", number },
        { title: "Saved", number },
        { title: "Images", number },
        { title: "In" },
      ],
      layerRows,
    ),
  );
}
