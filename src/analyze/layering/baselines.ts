import type { LayeringDecision, LayeringImage, LayeringProblem } from "./layering-problem.js";

/** Every image that decides with the layers of squash `"keep"`. */
export function keepAll(problem: LayeringProblem): readonly LayeringDecision[] {
  return decideAll(problem, ({ keep }) => ({ melt: false, layers: keep }));
}

/** Every image that decides with one layer over its base, as squash `"own"` has it. */
export function ownAll(problem: LayeringProblem): readonly LayeringDecision[] {
  return decideAll(problem, (image) => ({
    melt: false,
    layers: image.atoms.length === 0 ? [] : [allOf(image)],
  }));
}

/** Every image that decides as one layer with its base in it, as squash `"all"` has it. */
export function allAll(problem: LayeringProblem): readonly LayeringDecision[] {
  return decideAll(problem, (image) => ({ melt: true, layers: [allOf(image)] }));
}

function allOf({ atoms }: LayeringImage): readonly number[] {
  return atoms.map((_, place) => place);
}

function decideAll(
  { images }: LayeringProblem,
  decide: (image: LayeringImage) => Pick<LayeringDecision, "melt" | "layers">,
): readonly LayeringDecision[] {
  return images
    .filter(({ decides }) => decides)
    .map((image) => ({ image: image.name, ...decide(image), why: [] }));
}
