// A catalog as teams have them, from a seed: a few bases, families of services on them with dependencies in common,
// certificates and tools that many have, and files of their own. See bench/README.md.

/** Numbers from 0 up to 1 by a seed (a linear congruential generator; the catalogs are the same on every machine). */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const KB = 1000;
const MB = 1000 * KB;

/**
 * A problem for the planner.
 *
 * @param {{ images: number, atoms?: number, maxLayers?: number, seed?: number }} options about so many atoms an image
 */
export function syntheticCatalog({ images, atoms = 30, maxLayers = 127, seed = 1 }) {
  const next = numbers(seed);
  const between = (low, high) => Math.floor(low + next() * (high - low));
  const pick = (list) => list[between(0, list.length)];

  const bases = ["debian", "alpine", "node", "python"].map((name) => ({
    layers: Array.from({ length: between(1, 5) }, (_, index) => ({
      id: `${name} ${index}`,
      bytes: between(3 * MB, 90 * MB),
    })),
  }));
  const common = ["ca-certificates", "tzdata", "tini", "otel agent", "shell profile", "corporate ca"].map(
    (label) => kind(label, between(2 * KB, 12 * MB), 0.01),
  );
  const families = Array.from({ length: Math.max(1, Math.round(images / 14)) }, (_, family) => {
    const dependencies = Array.from({ length: between(2, 12) }, (_, index) =>
      kind(`node_modules ${family}.${index}`, between(50 * KB, 40 * MB), pick([0.02, 0.05, 0.1])),
    );
    return {
      base: pick(bases),
      dependencies,
      libraries: Array.from({ length: between(1, 4) }, (_, index) =>
        kind(`library ${family}.${index}`, between(10 * KB, 3 * MB), 0.2),
      ),
    };
  });

  function kind(label, bytes, changes) {
    return { id: label, label, bytes, changes, after: [], hides: [] };
  }

  const made = [];
  for (let index = 0; index < images; index++) {
    const family = pick(families);
    const list = [
      ...common.filter(() => next() < 0.6),
      ...family.dependencies.filter(() => next() < 0.9),
      ...family.libraries,
    ];
    const own = Math.max(2, atoms - list.length - between(0, atoms / 3));
    for (let file = 0; file < own; file++) {
      const label = `app ${index}.${file}`;
      const bytes = next() < 0.7 ? between(200, 40 * KB) : between(100 * KB, 8 * MB);
      list.push(kind(label, bytes, pick([0.05, 0.3, 0.6])));
    }
    // A chmod of what an earlier step copied, which copies it up.
    if (next() < 0.3) {
      const of = between(0, list.length);
      const { label, bytes } = list[of];
      list.push({ ...kind(`chmod ${label} ${index}`, bytes, 0.3), after: [of], hides: [{ of, bytes }] });
    }
    // A command, which sees all that was before it; now and then it removes much of the base.
    if (next() < 0.4) {
      const after = list.map((_, place) => place);
      const hides = next() < 0.1 ? [{ of: "base", bytes: between(MB, 60 * MB) }] : [];
      list.push({ ...kind(`run ${index}`, between(KB, MB), 0.4), after, hides });
    }
    const parent = made.length > 0 && next() < 0.05 ? pick(made) : undefined;
    made.push({
      name: `image ${String(index).padStart(5, "0")}`,
      decides: next() < 0.95,
      base: parent ? { image: parent.name } : family.base,
      atoms: list,
      keep: list.map((_, place) => [place]),
    });
  }
  return { images: made, maxLayers };
}
