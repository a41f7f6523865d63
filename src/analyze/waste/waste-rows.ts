import { type Origin, originText } from "../../errors/origin.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";
import type { WasteLayer, WastePlace, WasteRow } from "./waste-report.js";
import type { Place, Wasted } from "./wasted.js";
import { writersOf } from "./writers.js";

const SAMPLES = 5;

/** Puts together what is waste for one reason, lies in one layer and comes from one line; the most bytes first. */
export function wasteRows(image: ObservedImage, wasted: readonly Wasted[]): WasteRow[] {
  const groups = new Map<string, Wasted[]>();
  for (const one of wasted) {
    const { kind, what, place, by, of } = one;
    const key = [kind, what, ...[place, by, of].map((it) => lineText(image, it))].join("\0");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  const writerOf = writersOf(image);
  const rows = [...groups.values()].map((group): WasteRow => {
    const ordered = [...group].sort((left, right) => right.bytes - left.bytes);
    const { kind, what, place, by, of, fix } = ordered[0]!;
    const layer = image.layers[place.layer]!;
    const origin = layer.originOf(place.path);
    return {
      kind,
      what,
      bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
      files: group.length,
      layer: wasteLayer(layer, place.layer),
      ...(origin === undefined ? {} : { origin }),
      ...(by === undefined ? {} : { by: wastePlace(image, by) }),
      ...(of === undefined ? {} : { of: wastePlace(image, of) }),
      paths: ordered.slice(0, SAMPLES).map(({ path }) => `/${path}`),
      fix: fix(writerOf(layer, origin), of && writerOf(image.layers[of.layer]!, originAt(image, of))),
    };
  });
  return rows.sort((left, right) => right.bytes - left.bytes);
}

function lineText(image: ObservedImage, place: Place | undefined): string {
  if (place === undefined) return "";
  const origin = originAt(image, place);
  return `${place.layer} ${origin === undefined ? "" : originText(origin)}`;
}

function originAt({ layers }: ObservedImage, { layer, path }: Place): Origin | undefined {
  return layers[layer]!.originOf(path);
}

function wastePlace(image: ObservedImage, place: Place): WastePlace {
  const origin = originAt(image, place);
  return {
    layer: wasteLayer(image.layers[place.layer]!, place.layer),
    ...(origin === undefined ? {} : { origin }),
    path: `/${place.path}`,
  };
}

function wasteLayer({ diffId, description, inherited }: ObservedLayer, index: number): WasteLayer {
  return { index, diffId, ...(description === undefined ? {} : { description }), inherited };
}
