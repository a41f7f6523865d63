import { type Edit, editIfBetter } from "./edit.js";
import { moveGroups } from "./group-moves.js";
import type { IndexedImage } from "./indexed-problem.js";
import type { LayerChoice } from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import type { LayeringState } from "./layering-state.js";

/** Rounds at most; catalogs of all sizes come to rest in fewer. */
const ROUNDS = 40;

/**
 * Improves a choice for a catalog until nothing helps: the best answer of each image to all others, changes of layers in
 * all images that have them, and melting all images of a base or none.
 */
export function climb(search: LayerSearch, state: LayeringState): void {
  let changed = new Set(search.problem.images);
  for (let round = 0; round < ROUNDS && changed.size > 0; round++) {
    const answered = answerAll(search, state, changed);
    const molten = meltTogether(search, state);
    const moved = moveGroups(search, state, round === 0 ? changed : union(changed, answered, molten));
    changed = union(answered, molten, moved);
  }
}

function union(...sets: readonly ReadonlySet<IndexedImage>[]): Set<IndexedImage> {
  return new Set(sets.flatMap((set) => [...set]));
}

/** Each image by itself, in the order of the names. */
function answerAll(
  search: LayerSearch,
  state: LayeringState,
  among: ReadonlySet<IndexedImage>,
): Set<IndexedImage> {
  const answered = new Set<IndexedImage>();
  for (const image of search.problem.images) {
    if (!among.has(image) || !image.decides) continue;
    const choice = bestAnswer(search, state, image);
    if (choice !== undefined && editIfBetter(state, [{ image, choice }]) > 0) answered.add(image);
  }
  return answered;
}

function bestAnswer(search: LayerSearch, state: LayeringState, image: IndexedImage): LayerChoice | undefined {
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

/** Images of one base melted all together, which frees the base, or none of them. */
function meltTogether(search: LayerSearch, state: LayeringState): Set<IndexedImage> {
  const onBase = new Map<string, IndexedImage[]>();
  for (const image of search.problem.images) {
    if (!image.decides || image.parent !== undefined || search.fixed(image).all === undefined) continue;
    const base = image.base.join(" ");
    onBase.set(base, [...(onBase.get(base) ?? []), image]);
  }
  const changed = new Set<IndexedImage>();
  for (const images of onBase.values()) {
    const whole = images.filter((image) => !state.choice(image).melt);
    const molten = images.filter((image) => state.choice(image).melt);
    const melt = whole.map((image): Edit => ({ image, choice: search.fixed(image).all! }));
    const restore = molten.map((image): Edit => {
      const most = search.problem.maxLayers - state.countBelow(image);
      const [first = search.fixed(image).own, ...others] = search.hopeful(image, most);
      const choice = others.reduce((best, each) => (each.update < best.update ? each : best), first);
      return { image, choice };
    });
    for (const edits of [melt, restore]) {
      if (edits.length < 2 || editIfBetter(state, edits) === 0) continue;
      for (const { image } of edits) changed.add(image);
      break;
    }
  }
  return changed;
}
