import { bestAnswer } from "./best-answer.js";
import type { IndexedImage } from "./indexed-problem.js";
import type { LayerChoice } from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import type { LayeringState } from "./layering-state.js";

/** Own layers that a parent is tried with, so that those above it have more. */
const FEW_LAYERS = [1, 2, 3];

/**
 * Gives parents fewer layers where an image above them has no room for another, or was melted for the lack of it, and
 * lets all above answer. What an image loses and its children win is weighed together; neither would move alone.
 *
 * @returns the images that are changed
 */
export function makeRoom(
  search: LayerSearch,
  state: LayeringState,
  among: ReadonlySet<IndexedImage>,
): Set<IndexedImage> {
  const changed = new Set<IndexedImage>();
  for (const image of search.problem.images) {
    if (!image.decides || image.children.length === 0) continue;
    const above = descendants(image);
    if (!among.has(image) && !above.some((each) => among.has(each))) continue;
    if (!above.some((each) => isTight(search, state, each))) continue;
    for (const choice of smallerChoices(search, state, image)) {
      if (!tryFamily(search, state, image, above, choice)) continue;
      for (const each of [image, ...above]) changed.add(each);
    }
  }
  return changed;
}

/** Parents before their children. */
function descendants({ children }: IndexedImage): IndexedImage[] {
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function isTight({ problem }: LayerSearch, state: LayeringState, image: IndexedImage): boolean {
  if (!image.decides || image.atoms.length === 0) return false;
  const { melt, layers } = state.choice(image);
  return melt || state.countBelow(image) + layers.length >= problem.maxLayers;
}

function smallerChoices(
  search: LayerSearch,
  state: LayeringState,
  image: IndexedImage,
): readonly LayerChoice[] {
  const now = state.choice(image);
  const most = search.problem.maxLayers - state.countBelow(image);
  const { own, all } = search.fixed(image);
  const counts = FEW_LAYERS.filter((count) => count <= most && (now.melt || count < now.layers.length));
  return [
    ...(all === undefined || now.melt ? [] : [all]),
    ...(now.layers.length > 1 ? [own] : []),
    ...counts.flatMap((count) => search.answering(image, count, state)),
  ];
}

function tryFamily(
  search: LayerSearch,
  state: LayeringState,
  image: IndexedImage,
  above: readonly IndexedImage[],
  choice: LayerChoice,
): boolean {
  if (!state.fits(image, choice)) return false;
  const before = [image, ...above].map((each) => ({ image: each, choice: state.choice(each) }));
  let grown = state.put(image, choice);
  for (const each of above) {
    const answer = each.decides ? bestAnswer(search, state, each) : undefined;
    if (answer !== undefined) grown += state.put(each, answer);
  }
  if (grown < -0.01) return true;
  for (const each of before.reverse()) state.put(each.image, each.choice);
  return false;
}
