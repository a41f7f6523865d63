import type {
  LayeringDecision,
  LayeringImage,
  LayeringProblem,
} from "../../../src/analyze/layering/layering-problem.js";

/** The cost of the cheapest decisions of all, and how many cost that. Knows nothing of the planner: it tries everything. */
export function cheapest(problem: LayeringProblem): { total: number; decisions: LayeringDecision[] } {
  const options = problem.images.map((image) => optionsOf(problem, image));
  let best = { total: Number.POSITIVE_INFINITY, decisions: [] as LayeringDecision[] };
  const chosen: Option[] = [];
  const stored = new Map<string, number>();

  const choose = (at: number, total: number): void => {
    if (at === problem.images.length) {
      if (total < best.total - 1e-6 && withinLayers(problem, chosen)) {
        best = { total, decisions: chosen.flatMap(({ decision }) => (decision ? [decision] : [])) };
      }
      return;
    }
    for (const option of options[at]!) {
      chosen[at] = option;
      let sum = total + option.update;
      for (const [key, bytes] of option.stored) {
        const users = stored.get(key) ?? 0;
        if (users === 0) sum += bytes;
        stored.set(key, users + 1);
      }
      choose(at + 1, sum);
      for (const [key] of option.stored) stored.set(key, stored.get(key)! - 1);
    }
  };
  choose(0, 0);
  return best;
}

interface Option {
  readonly decision?: LayeringDecision;
  readonly melt: boolean;
  readonly own: number;
  readonly stored: readonly (readonly [key: string, bytes: number])[];
  readonly update: number;
}

function optionsOf(problem: LayeringProblem, image: LayeringImage): Option[] {
  if (!image.decides) return [layered(image, image.keep)];
  const options = orderedPartitions(image.atoms.length)
    .filter((layers) => respectsAfter(image, layers))
    .map((layers) => layered(image, layers));
  return [...options, melted(problem, image)];
}

/** All rows of non-empty groups: for four atoms 75. */
export function orderedPartitions(count: number): number[][][] {
  if (count === 0) return [[]];
  return orderedPartitions(count - 1).flatMap((layers) => [
    ...layers.map((_, at) => layers.map((layer, index) => (index === at ? [...layer, count - 1] : layer))),
    ...[...layers, undefined].map((_, at) => [...layers.slice(0, at), [count - 1], ...layers.slice(at)]),
  ]);
}

function respectsAfter({ atoms }: LayeringImage, layers: readonly (readonly number[])[]): boolean {
  const layerOf = (place: number) => layers.findIndex((layer) => layer.includes(place));
  return atoms.every(({ after, hides }, place) =>
    [...after, ...hides.flatMap(({ of }) => (of === "base" ? [] : [of]))].every(
      (other) => layerOf(other) <= layerOf(place),
    ),
  );
}

function layered(image: LayeringImage, layers: readonly (readonly number[])[]): Option {
  const bytesOf = (layer: readonly number[]) => layer.reduce((sum, at) => sum + image.atoms[at]!.bytes, 1024);
  const hiddenIn = (layer: readonly number[]) =>
    layer
      .flatMap((at) => image.atoms[at]!.hides)
      .reduce((sum, { of, bytes }) => sum + (of !== "base" && layer.includes(of) ? bytes : 0), 0);
  const sizes = layers.map((layer) => bytesOf(layer) - hiddenIn(layer));
  const stored = layers.map((layer, index): [string, number] => [
    JSON.stringify(layer.map((at) => image.atoms[at]!.id)),
    sizes[index]!,
  ]);
  if ("layers" in image.base) {
    for (const { id, bytes } of image.base.layers) stored.push([`base:${id}`, bytes]);
  }
  const update = layers.reduce((sum, _, index) => {
    const upTo = layers.slice(0, index + 1).flat();
    const same = upTo.reduce((product, at) => product * (1 - image.atoms[at]!.changes), 1);
    return sum + sizes[index]! * (1 - same);
  }, 0);
  const decision = { image: image.name, melt: false, layers, why: [] };
  return { ...(image.decides ? { decision } : {}), melt: false, own: layers.length, stored, update };
}

function melted(problem: LayeringProblem, image: LayeringImage): Option {
  const ids: string[] = [];
  let bytes = 0;
  let same = 1;
  const lay = (at: LayeringImage): void => {
    if ("image" in at.base) lay(named(problem, at.base.image));
    else {
      for (const layer of at.base.layers) {
        ids.push(`base:${layer.id}`);
        bytes += layer.bytes;
      }
    }
    const below = bytes;
    for (const atom of at.atoms) {
      ids.push(atom.id);
      bytes += atom.bytes;
      same *= 1 - atom.changes;
      for (const hide of atom.hides) if (hide.of !== "base") bytes -= hide.bytes;
    }
    const hiddenBelow = at.atoms
      .flatMap(({ hides }) => hides)
      .reduce((sum, hide) => sum + (hide.of === "base" ? hide.bytes : 0), 0);
    bytes -= Math.min(below, hiddenBelow);
  };
  lay(image);
  const size = bytes + 1024;
  const decision = { image: image.name, melt: true, layers: [image.atoms.map((_, at) => at)], why: [] };
  return { decision, melt: true, own: 1, stored: [[JSON.stringify(ids), size]], update: size * (1 - same) };
}

function named({ images }: LayeringProblem, name: string): LayeringImage {
  return images.find((image) => image.name === name)!;
}

function withinLayers({ images, maxLayers }: LayeringProblem, chosen: readonly Option[]): boolean {
  const countOf = (index: number): number => {
    const { base } = images[index]!;
    const { melt, own } = chosen[index]!;
    if (melt) return 1;
    const below =
      "image" in base ? countOf(images.findIndex(({ name }) => name === base.image)) : base.layers.length;
    return below + own;
  };
  return images.every(
    ({ decides }, index) => !decides || chosen[index]!.own === 0 || countOf(index) <= maxLayers,
  );
}
