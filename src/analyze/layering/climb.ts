import { bestAnswer } from "./best-answer.js";
import { type Edit, editIfBetter } from "./edit.js";
import { makeRoom } from "./family-moves.js";
import { moveGroups } from "./group-moves.js";
import type { IndexedImage } from "./indexed-problem.js";
import type { LayerSearch } from "./layer-search.js";
import type { LayeringState } from "./layering-state.js";

/** Rounds at most; catalogs of all sizes come to rest in fewer. */
const ROUNDS = 40;

/**
 * Improves a choice for a catalog until nothing helps: the best answer of each image to all others, changes of layers in
 * all images that have them, melting all images of a base or none, and fewer layers below where those above lack room.
 */
export function climb(search: LayerSearch, state: LayeringState): void {
  let changed = new Set(search.problem.images);
  for (let round = 0; round < ROUNDS && changed.size > 0; round++) {
    const answered = answerAll(search, state, changed);
    const molten = meltTogether(search, state);
    const roomier = makeRoom(search, state, changed);
    const before = union(answered, molten, roomier);
    const moved = moveGroups(search, state, union(changed, before));
    changed = union(before, moved);
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
