import { grouped } from "../../core/grouped.js";
import { moveGroups } from "./group-moves.js";
import type { LayerChoice } from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import type { IndexedImage } from "./layering-problem.js";
import { type Edit, editIfBetter, type LayeringState } from "./layering-state.js";

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
  const meltable = search.problem.images.filter(
    (image) => image.decides && image.parent === undefined && search.fixed(image).all !== undefined,
  );
  const changed = new Set<IndexedImage>();
  for (const images of grouped(meltable, ({ base }) => base.join(" ")).values()) {
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

/** Returns the best choice of an image if all others stay as they are; undefined when it has that already. */
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

/** Own layers that a parent is tried with, so that those above it have more. */
const FEW_LAYERS = [1, 2, 3];

/**
 * Gives parents fewer layers where an image above them has no room for another, or was melted for the lack of it, and
 * lets all above answer. What an image loses and its children win is weighed together; neither would move alone.
 *
 * @returns the images that are changed
 */
function makeRoom(
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
