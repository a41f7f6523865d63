import type {
  LayeringAtom,
  LayeringImage,
  LayeringProblem,
} from "../../../src/analyze/layering/layering-problem.js";

/** What a synthetic catalog is made from. */
export interface SyntheticOptions {
  readonly images: number;
  /** About so many an image. */
  readonly atoms?: number;
  readonly maxLayers?: number;
  readonly seed?: number;
}

const KB = 1000;
const MB = 1000 * KB;

/**
 * A catalog as teams have them, from a seed: four bases; families of about 14 services with dependencies in common;
 * certificates and tools that most have; files of their own, small ones that change often among them. Every third has a
 * chmod that copies something up, some have commands that see all before them, and one in twenty stands on another.
 */
export function syntheticCatalog(options: SyntheticOptions): LayeringProblem {
  const { images, atoms = 30, maxLayers = 127, seed = 1 } = options;
  const random = new SeededNumbers(seed);
  const bases = ["debian", "alpine", "node", "python"].map((name) => ({
    layers: random.times(random.between(1, 5), (index) => ({
      id: `${name} ${index}`,
      bytes: random.between(3 * MB, 90 * MB),
    })),
  }));
  const common = ["certificates", "time zones", "tini", "agent", "profile", "company certificates"].map(
    (label) => plain(label, random.between(2 * KB, 12 * MB), 0.01),
  );
  const families = random.times(Math.max(1, Math.round(images / 14)), (family) => ({
    base: random.pick(bases),
    dependencies: random.times(random.between(2, 12), (index) =>
      plain(
        `node_modules ${family}.${index}`,
        random.between(50 * KB, 40 * MB),
        random.pick([0.02, 0.05, 0.1]),
      ),
    ),
    libraries: random.times(random.between(1, 4), (index) =>
      plain(`library ${family}.${index}`, random.between(10 * KB, 3 * MB), 0.2),
    ),
  }));

  const made: LayeringImage[] = [];
  for (let index = 0; index < images; index++) {
    const family = random.pick(families);
    const list = [
      ...common.filter(() => random.next() < 0.6),
      ...family.dependencies.filter(() => random.next() < 0.9),
      ...family.libraries,
    ];
    const own = Math.max(2, atoms - list.length - random.between(0, atoms / 3));
    list.push(
      ...random.times(own, (file) => {
        const small = random.next() < 0.7;
        const bytes = small ? random.between(200, 40 * KB) : random.between(100 * KB, 8 * MB);
        return plain(`app ${index}.${file}`, bytes, random.pick([0.05, 0.3, 0.6]));
      }),
    );
    if (random.next() < 0.3) list.push(chmodOf(list, random.between(0, list.length), index));
    if (random.next() < 0.4) list.push(command(list, index, random));
    const parent = made.length > 0 && random.next() < 0.05 ? random.pick(made) : undefined;
    made.push({
      name: `image ${String(index).padStart(5, "0")}`,
      decides: random.next() < 0.95,
      base: parent === undefined ? family.base : { image: parent.name },
      atoms: list,
      keep: list.map((_, place) => [place]),
    });
  }
  return { images: made, maxLayers };
}

function plain(label: string, bytes: number, changes: number): LayeringAtom {
  return { id: label, label, bytes, changes, after: [], hides: [] };
}

/** Copies up what an earlier atom has. */
function chmodOf(list: readonly LayeringAtom[], of: number, index: number): LayeringAtom {
  const { label, bytes } = list[of]!;
  return { ...plain(`chmod ${label} ${index}`, bytes, 0.3), after: [of], hides: [{ of, bytes }] };
}

/** Sees all before it; one in ten removes much of the base. */
function command(list: readonly LayeringAtom[], index: number, random: SeededNumbers): LayeringAtom {
  const after = list.map((_, place) => place);
  const hides = random.next() < 0.1 ? [{ of: "base" as const, bytes: random.between(MB, 60 * MB) }] : [];
  return { ...plain(`run ${index}`, random.between(KB, MB), 0.4), after, hides };
}

/** Numbers from 0 up to 1 out of a seed: a linear congruential generator. */
class SeededNumbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 32;
  }

  between(low: number, high: number): number {
    return Math.floor(low + this.next() * (high - low));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length)]!;
  }

  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}
