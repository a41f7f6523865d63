import { compareBytes } from "../../core/bytes.js";
import { allAll, keepAll, ownAll } from "./baselines.js";
import { checkDecisions } from "./check-decisions.js";
import { climb } from "./climb.js";
import { type ExactLimits, searchExactly } from "./exact-search.js";
import { explainDecision } from "./explain-decision.js";
import { indexProblem } from "./indexed-problem.js";
import { LayerSearch } from "./layer-search.js";
import { choiceOf, costOf, type Decided } from "./layering-cost.js";
import type { LayeringDecision, LayeringProblem } from "./layering-problem.js";
import { LayeringState } from "./layering-state.js";
import { sharingComponents } from "./sharing-components.js";
import { startStates } from "./starts.js";

/** Up to so many images every start is improved; of more, the two that cost least to begin with, or the one. */
const ALL_STARTS = 60;
const TWO_STARTS = 2_000;

/** What exact searches may do for a whole catalog; each part of it gets its share. */
const EXACT: ExactLimits = { partitions: 8_000, tries: 40_000 };

/**
 * Decides the layers of every image that decides: the cheapest that is found, by the cost of `layeringCost`. Parts of the
 * catalog that have nothing in common are decided apart. In each, several starts are improved until no move helps; a part
 * that is small enough is then searched through, so its decision is the optimum.
 *
 * Never dearer than `keepAll`, `ownAll` or `allAll`, as far as those keep within `maxLayers`: they are among what is
 * chosen from. The order of the images makes no difference, nor does the machine.
 *
 * @returns one decision for each image that decides, by name in byte order
 * @throws {RangeError} when an image stands on one that is not there, or on itself
 */
export function planLayering(problem: LayeringProblem): readonly LayeringDecision[] {
  const components = sharingComponents(problem);
  const limits = {
    partitions: Math.ceil(EXACT.partitions / components.length),
    tries: Math.ceil(EXACT.tries / components.length),
  };
  return components
    .flatMap((component) => planComponent(component, limits))
    .sort((a, b) => compareBytes(a.image, b.image));
}

function planComponent(component: LayeringProblem, limits: ExactLimits): LayeringDecision[] {
  const problem = indexProblem(component);
  const search = new LayerSearch(problem);
  const planned = bestState(search, limits);
  let best: ReadonlyMap<string, Decided> = decidedIn(planned);
  let least = costOf(problem, ({ name }) => best.get(name)).total;
  for (const baseline of [keepAll, ownAll, allAll]) {
    const decisions = baseline(component);
    const decided = new Map(decisions.map((decision) => [decision.image, decision]));
    const { total } = costOf(problem, ({ name }) => decided.get(name));
    if (total >= least || checkDecisions(component, decisions).length > 0) continue;
    best = decided;
    least = total;
  }
  const state = new LayeringState(problem);
  for (const image of problem.images) state.put(image, choiceOf(image, best.get(image.name), search.keys));
  return problem.images
    .filter(({ decides }) => decides)
    .map((image) => {
      const { melt, layers } = best.get(image.name)!;
      return { image: image.name, melt, layers, why: explainDecision(search, state, image) };
    });
}

function bestState(search: LayerSearch, limits: ExactLimits): LayeringState {
  const starts = [...startStates(search)].sort((a, b) => a.total - b.total);
  const { length } = search.problem.images;
  const chosen = length <= ALL_STARTS ? starts : starts.slice(0, length <= TWO_STARTS ? 2 : 1);
  for (const state of chosen) climb(search, state);
  const best = chosen.reduce((least, state) => (state.total < least.total - 0.01 ? state : least));
  searchExactly(search, best, limits);
  return best;
}

function decidedIn(state: LayeringState): ReadonlyMap<string, Decided> {
  const { images } = state.problem;
  return new Map(
    images
      .filter(({ decides }) => decides)
      .map((image) => {
        const { melt, layers } = state.choice(image);
        return [image.name, { melt, layers: layers.map(({ places }) => places) }];
      }),
  );
}
