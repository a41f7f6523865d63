import type { IndexedImage } from "./indexed-problem.js";
import type { LayerKeys } from "./layer-keys.js";
import { LAYER_END } from "./layering-problem.js";
import { orderLayers } from "./order-layers.js";

/** What may be decided for one image, with what it costs there. */
export interface LayerChoice {
  readonly melt: boolean;
  /** Bottom first. */
  readonly layers: readonly ChosenLayer[];
  /** Bytes that an update of the image is expected to move. */
  readonly update: number;
}

/** One layer of a choice. */
export interface ChosenLayer {
  /** Places in the atoms of its image, ascending. */
  readonly places: readonly number[];
  /** The same number for the same layer in any image. */
  readonly key: number;
  readonly bytes: number;
  /** How likely none of its atoms changes. */
  readonly survival: number;
}

/** Bytes of the layer that holds these atoms of an image: all of them, without what they hide of each other. */
export function layerBytes({ atoms }: IndexedImage, places: readonly number[]): number {
  let sum = LAYER_END;
  for (const place of places) {
    const { bytes, hides } = atoms[place]!;
    sum += bytes;
    for (const hide of hides) if (places.includes(hide.of)) sum -= hide.bytes;
  }
  return sum;
}

/** One layer over the base of an image. */
export function ownLayer(image: IndexedImage, places: readonly number[], keys: LayerKeys): ChosenLayer {
  const { atoms } = image;
  let survival = 1;
  let alone = false;
  for (const place of places) {
    survival *= atoms[place]!.survival;
    alone ||= atoms[place]!.alone;
  }
  const key = alone ? keys.lonely() : keys.take(places.map((place) => atoms[place]!.token));
  return { places, key, bytes: layerBytes(image, places), survival };
}

/** Layers over the base in the best order that is found; undefined when they have to be below each other. */
export function layeredChoice(image: IndexedImage, layers: readonly ChosenLayer[]): LayerChoice | undefined {
  const ordered = orderLayers(image, layers);
  return ordered && { melt: false, layers: ordered, update: expectedUpdate(ordered) };
}

/** The image as one layer, its base included. */
export function meltedChoice(image: IndexedImage, keys: LayerKeys): LayerChoice {
  const alone = image.atoms.some((atom) => atom.alone);
  const layer = {
    places: image.atoms.map((_, place) => place),
    key: alone ? keys.lonely() : keys.take(image.content),
    bytes: image.contentBytes + LAYER_END,
    survival: image.contentSurvival,
  };
  return { melt: true, layers: [layer], update: expectedUpdate([layer]) };
}

/** Stores that key a layer by the chain below it fetch it again whenever one below it changes. */
export function expectedUpdate(layers: readonly ChosenLayer[]): number {
  let unchanged = 1;
  let sum = 0;
  for (const { bytes, survival } of layers) {
    unchanged *= survival;
    sum += bytes * (1 - unchanged);
  }
  return sum;
}
