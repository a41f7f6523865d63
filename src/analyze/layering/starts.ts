import type { IndexedImage } from "./indexed-problem.js";
import type { LayerChoice } from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import { LayeringState } from "./layering-state.js";

/** What a start tries for an image first, given how many own layers it may have; what fits is taken. */
type Wishes = (image: IndexedImage, room: Room) => readonly LayerChoice[];

interface Room {
  /** Own layers at most, with one left for each image above. */
  readonly most: number;
  /** Own layers at most when it and the images above get equally many. */
  readonly even: number;
}

/** The catalogs that the search starts from: the three plain policies, and layers as if everybody shared what can be. */
export function startStates(search: LayerSearch): readonly LayeringState[] {
  const hopeful = (row: number, room: (room: Room) => number): Wishes => {
    return (image, given) => {
      const choices = search.hopeful(image, room(given));
      return choices.slice(Math.min(row, choices.length - 1));
    };
  };
  const wishes: readonly Wishes[] = [
    (image) => [search.fixed(image).keep],
    (image) => [search.fixed(image).own],
    (image) => [search.fixed(image).all ?? search.fixed(image).own],
    ...[0, 1].flatMap((row) => [hopeful(row, ({ most }) => most), hopeful(row, ({ even }) => even)]),
  ];
  return wishes.map((wish) => startWith(search, wish));
}

function startWith(search: LayerSearch, wish: Wishes): LayeringState {
  const state = new LayeringState(search.problem);
  const put = (image: IndexedImage): void => {
    if (state.isPut(image)) return;
    if (image.parent !== undefined) put(image.parent);
    const { keep, own, all } = search.fixed(image);
    if (!image.decides) {
      state.put(image, keep);
      return;
    }
    const left = search.problem.maxLayers - state.countBelow(image);
    const above = layersAbove(image);
    const room = { most: Math.max(1, left - above), even: Math.max(1, Math.floor(left / (1 + above))) };
    const fitting = [...wish(image, room), own].filter(
      (choice) => (choice.melt || choice.layers.length <= room.most) && state.fits(image, choice),
    );
    state.put(image, fitting[0] ?? all ?? own);
  };
  for (const image of search.problem.images) put(image);
  return state;
}

/** Layers that the images on an image need at least, one on the other. */
function layersAbove({ children }: IndexedImage): number {
  let most = 0;
  for (const child of children) {
    const own = child.decides ? Math.min(1, child.atoms.length) : child.keep.length;
    most = Math.max(most, own + layersAbove(child));
  }
  return most;
}
