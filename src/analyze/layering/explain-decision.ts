import { sizeText } from "../../core/size.js";
import type { ChosenLayer } from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import { type IndexedImage, LAYER_END } from "./layering-problem.js";
import type { LayeringState } from "./layering-state.js";

/** Lines of each kind: those with the most bytes. */
const OF_A_KIND = 2;

/** Explains the layers that were chosen for an image: short lines with the figures, the weightiest of each kind first. */
export function explainDecision(
  { problem }: LayerSearch,
  state: LayeringState,
  image: IndexedImage,
): readonly string[] {
  const { melt, layers } = state.choice(image);
  if (melt) return [whyMelted(state, image, problem.maxLayers), ...whySquashed(image, layers)];
  if (layers.length === 0) return ["adds nothing to its base"];
  const full = layers.length >= problem.maxLayers - state.countBelow(image);
  const lines = [
    ...whyShared(state, image, layers),
    ...whySquashed(image, layers),
    ...whyJoined(image, layers, full ? problem.maxLayers : undefined),
    ...whyLast(image, layers),
  ];
  return lines.length > 0 ? lines : ["each step in a layer of its own: only what changed is moved again"];
}

function whyMelted(state: LayeringState, image: IndexedImage, maxLayers: number): string {
  const below = state.countBelow(image);
  if (image.hiddenOfBase > 0) return `melts its base: ${sizeText(image.hiddenOfBase)} of it are hidden`;
  if (below + 1 > maxLayers)
    return `melts its base: it has ${below} ${below === 1 ? "layer" : "layers"}, and at most ${maxLayers} are allowed`;
  return "melts its base: no other image of the catalog stands on it as it is";
}

function whyShared(state: LayeringState, image: IndexedImage, layers: readonly ChosenLayer[]): string[] {
  return layers
    .map((layer) => ({ layer, users: state.users(layer.key) }))
    .filter(({ users }) => users > 1)
    .sort((a, b) => b.layer.bytes * (b.users - 1) - a.layer.bytes * (a.users - 1))
    .slice(0, OF_A_KIND)
    .map(({ layer, users }) => {
      const apart = layers.length > 1 ? `keeps ${labelsOf(image, layer.places)} apart` : "is one layer";
      return `${apart}: ${users} images share its ${sizeText(layer.bytes)}`;
    });
}

/** Atoms that hide bytes of others, in one layer with them. */
function whySquashed(image: IndexedImage, layers: readonly ChosenLayer[]): string[] {
  return layers
    .map(({ places }) => {
      const pairs = places.flatMap((place) =>
        image.atoms[place]!.hides.filter(({ of, bytes }) => bytes > 0 && places.includes(of)).map((hide) => ({
          ...hide,
          by: place,
        })),
      );
      return { pairs, saved: pairs.reduce((sum, { bytes }) => sum + bytes, 0) };
    })
    .filter(({ saved }) => saved > 0)
    .sort((a, b) => b.saved - a.saved)
    .slice(0, OF_A_KIND)
    .map(({ pairs, saved }) => {
      const hidden = labelsOf(image, [...new Set(pairs.map(({ of }) => of))]);
      const hiding = labelsOf(image, [...new Set(pairs.map(({ by }) => by))]);
      return `squashes ${hidden} with ${hiding}: ${sizeText(saved)} are no longer twice`;
    });
}

/** Atoms that are in one layer though they hide nothing of each other. */
function whyJoined(
  image: IndexedImage,
  layers: readonly ChosenLayer[],
  maxLayers: number | undefined,
): string[] {
  return layers
    .filter(({ places }) => places.length > 1 && !places.some((place) => hidesOneOf(image, place, places)))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 1)
    .map(({ places, bytes }) => {
      const largest = Math.max(...places.map((place) => image.atoms[place]!.bytes));
      const because =
        maxLayers === undefined
          ? `${sizeText(bytes - LAYER_END - largest)} are not worth another layer`
          : `at most ${maxLayers} layers are allowed`;
      return `joins ${labelsOf(image, places)}: ${because}`;
    });
}

function hidesOneOf({ atoms }: IndexedImage, place: number, places: readonly number[]): boolean {
  return atoms[place]!.hides.some(({ of, bytes }) => bytes > 0 && places.includes(of));
}

function whyLast(image: IndexedImage, layers: readonly ChosenLayer[]): string[] {
  const last = layers.at(-1)!;
  const others = layers.slice(0, -1);
  if (others.length === 0 || others.some(({ survival }) => survival <= last.survival)) return [];
  return [`${labelsOf(image, last.places)} last, because it changes most often`];
}

function labelsOf({ atoms }: IndexedImage, places: readonly number[]): string {
  const labels = [...new Set(places.map((place) => atoms[place]!.label))];
  if (labels.length <= 3)
    return labels.length < 2 ? labels.join() : `${labels.slice(0, -1).join(", ")} and ${labels.at(-1)}`;
  return `${labels.slice(0, 2).join(", ")} and ${labels.length - 2} more`;
}
