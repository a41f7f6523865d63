import type { IndexedImage } from "./indexed-problem.js";
import { type ChosenLayer, type LayerChoice, layeredChoice, ownLayer } from "./layer-choice.js";
import type { LayerKeys } from "./layer-keys.js";
import { layersBelow } from "./order-layers.js";

/**
 * Joins two layers of a choice, and those that have to lie between them.
 *
 * @param low place of the lower layer in the choice
 */
export function joinLayers(
  image: IndexedImage,
  { layers }: LayerChoice,
  low: number,
  high: number,
  keys: LayerKeys,
): LayerChoice | undefined {
  const joined = new Set([low, high]);
  if (image.ordered) for (const between of layersBetween(image, layers, low, high)) joined.add(between);
  const places = [...joined].flatMap((index) => layers[index]!.places).sort((a, b) => a - b);
  const rest = layers.filter((_, index) => !joined.has(index));
  return layeredChoice(image, [...rest, ownLayer(image, places, keys)]);
}

/** Layers that have to be above the lower one and below the higher one. */
function layersBetween(
  image: IndexedImage,
  layers: readonly ChosenLayer[],
  low: number,
  high: number,
): readonly number[] {
  const below = layersBelow(image, layers);
  const above = new Set([low]);
  for (let index = low + 1; index <= high; index++) {
    if (below[index]!.some((other) => above.has(other))) above.add(index);
  }
  const under = new Set([high]);
  for (let index = high; index > low; index--) {
    if (under.has(index)) for (const other of below[index]!) under.add(other);
  }
  return [...above].filter((index) => index !== low && index !== high && under.has(index));
}

/** Takes some atoms, by their places in the layer, out of it: into a layer of their own, or into another of the choice. */
export function moveAtoms(
  image: IndexedImage,
  { layers }: LayerChoice,
  from: number,
  picked: readonly number[],
  to: number | "own",
  keys: LayerKeys,
): LayerChoice | undefined {
  const source = layers[from]!.places;
  const moved = picked.map((position) => source[position]!);
  const left = source.filter((_, position) => !picked.includes(position));
  const rest = layers.filter((_, index) => index !== from && index !== to);
  const target = to === "own" ? moved : [...layers[to]!.places, ...moved].sort((a, b) => a - b);
  const made = [left, target].filter((places) => places.length > 0);
  return layeredChoice(image, [...rest, ...made.map((places) => ownLayer(image, places, keys))]);
}
