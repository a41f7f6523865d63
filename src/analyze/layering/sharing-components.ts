import { compareBytes } from "../../core/bytes.js";
import type { LayeringImage, LayeringProblem } from "./layering-problem.js";

/** A catalog as problems that have no layer in common, neither now nor by any decision, each to be decided by itself. */
export function sharingComponents({ images, maxLayers }: LayeringProblem): readonly LayeringProblem[] {
  const sorted = [...images].sort((a, b) => compareBytes(a.name, b.name));
  const leader = sorted.map((_, index) => index);
  const lead = (index: number): number => {
    let at = index;
    while (leader[at] !== at) {
      leader[at] = leader[leader[at]!]!;
      at = leader[at]!;
    }
    return at;
  };
  const first = new Map<string, number>();
  sorted.forEach((image, index) => {
    for (const name of namesOf(image)) {
      const other = first.get(name);
      if (other === undefined) first.set(name, index);
      else {
        const [a, b] = [lead(other), lead(index)];
        leader[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  const groups = new Map<number, LayeringImage[]>();
  sorted.forEach((image, index) => {
    const of = lead(index);
    const members = groups.get(of);
    if (members === undefined) groups.set(of, [image]);
    else members.push(image);
  });
  return [...groups.values()].map((members) => ({ images: members, maxLayers }));
}

/** What makes two images meet: a layer of a base, an atom, or one of them below the other. */
function* namesOf({ name, base, atoms }: LayeringImage): Generator<string> {
  yield `image ${name}`;
  if ("image" in base) yield `image ${base.image}`;
  else for (const { id } of base.layers) yield `base ${id}`;
  for (const { id } of atoms) yield `atom ${id}`;
}
