import type { IndexedImage } from "./indexed-problem.js";
import type { LayerChoice } from "./layer-choice.js";
import type { LayeringState } from "./layering-state.js";

/** Another choice for one image. */
export interface Edit {
  readonly image: IndexedImage;
  readonly choice: LayerChoice;
}

/** Gains below a hundredth of a byte are the rounding of sums. */
const LEAST_GAIN = 0.01;

/** Edits several images together, if that makes the total smaller. Gives what it shrank by: 0 when nothing was changed. */
export function editIfBetter(state: LayeringState, edits: readonly Edit[]): number {
  const { gain, before } = apply(state, edits);
  if (gain > LEAST_GAIN) return gain;
  takeBack(state, before);
  return 0;
}

/** What the edits would make the total shrink by; 0 when it would not. */
export function gainOf(state: LayeringState, edits: readonly Edit[]): number {
  const [first, second] = edits;
  if (first === undefined) return 0;
  if (second === undefined && state.fits(first.image, first.choice)) {
    const gain = -state.growth(first.image, first.choice);
    return gain > LEAST_GAIN ? gain : 0;
  }
  const { gain, before } = apply(state, edits);
  takeBack(state, before);
  return gain > LEAST_GAIN ? gain : 0;
}

/** An image that would have too many layers stays as it is. */
function apply(state: LayeringState, edits: readonly Edit[]): { gain: number; before: Edit[] } {
  const before: Edit[] = [];
  let grown = 0;
  for (const { image, choice } of edits) {
    if (!state.fits(image, choice)) continue;
    before.push({ image, choice: state.choice(image) });
    grown += state.put(image, choice);
  }
  return { gain: -grown, before };
}

function takeBack(state: LayeringState, before: readonly Edit[]): void {
  for (const { image, choice } of [...before].reverse()) state.put(image, choice);
}
