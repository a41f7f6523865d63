import type { IndexedImage } from "./indexed-problem.js";
import type { LayerChoice } from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import type { LayeringState } from "./layering-state.js";

/** What an image would best choose if all others stay as they are; undefined when that is what it has. */
export function bestAnswer(
  search: LayerSearch,
  state: LayeringState,
  image: IndexedImage,
): LayerChoice | undefined {
  const now = state.choice(image);
  state.take(image);
  const { keep, own, all } = search.fixed(image);
  const most = search.problem.maxLayers - state.countBelow(image);
  const choices = [keep, own, ...(all ? [all] : []), ...search.answering(image, most, state)];
  let best: LayerChoice | undefined;
  let price = state.price(image, now);
  for (const choice of choices) {
    const asked = state.price(image, choice);
    if (asked >= price || !state.fits(image, choice)) continue;
    best = choice;
    price = asked;
  }
  state.put(image, now);
  return best;
}
