import fc from "fast-check";
import type {
  LayeringAtom,
  LayeringImage,
  LayeringProblem,
} from "../../../src/analyze/layering/layering-problem.js";

/** How large random catalogs are. */
export interface ProblemSize {
  readonly images: number;
  readonly atoms: number;
}

/**
 * Catalogs out of a few kinds of atoms, so that images have some in common: fixed images, parents and children, bases of
 * several layers, atoms that hide others or the base, and few layers.
 */
export function problems(size: ProblemSize): fc.Arbitrary<LayeringProblem> {
  const kind = fc.record({
    bytes: fc.integer({ min: 0, max: 60_000 }),
    changes: fc.constantFrom(0, 0.01, 0.1, 0.5, 1),
    hidden: fc.constantFrom(0, 0, 0.5, 1),
    hiddenOfBase: fc.constantFrom(0, 0, 0, 20_000),
  });
  const image = fc.record({
    kinds: fc.uniqueArray(fc.nat(7), { maxLength: size.atoms }),
    decides: fc.boolean().map((yes) => yes),
    fixed: fc.nat(5).map((number) => number === 0),
    base: fc.nat(3),
    parent: fc.option(fc.nat(size.images), { nil: undefined }),
    afters: fc.array(fc.nat(size.atoms), { maxLength: 3 }),
    hider: fc.nat(size.atoms),
    own: fc.nat(size.atoms),
  });
  return fc
    .record({
      kinds: fc.array(kind, { minLength: 8, maxLength: 8 }),
      images: fc.array(image, { minLength: 1, maxLength: size.images }),
      maxLayers: fc.constantFrom(2, 3, 4, 127),
    })
    .map(({ kinds, images, maxLayers }) => {
      const made: LayeringImage[] = [];
      for (const [index, drawn] of images.entries()) {
        const atoms = drawn.kinds.map((number, place): LayeringAtom => {
          const { bytes, changes, hiddenOfBase } = kinds[number]!;
          const after = place > 0 && drawn.afters.includes(place) ? [place - 1] : [];
          const alone = place === drawn.own ? `only ${index}, ` : "";
          const hides: { of: number | "base"; bytes: number }[] = [];
          if (hiddenOfBase > 0) hides.push({ of: "base", bytes: hiddenOfBase });
          return { id: `${alone}${number}`, label: `kind ${number}`, bytes, changes, after, hides };
        });
        made.push({
          name: `image ${(index * 7) % 10}${index}`,
          decides: !drawn.fixed,
          base: baseOf(drawn, index, made),
          atoms: withHiding(atoms, drawn.hider, index),
          keep: drawn.kinds.map((_, place) => [place]),
        });
      }
      return { images: made, maxLayers };
    });
}

function baseOf(
  { base, parent }: { base: number; parent: number | undefined },
  index: number,
  made: readonly LayeringImage[],
): LayeringImage["base"] {
  if (parent !== undefined && parent < index) return { image: made[parent]!.name };
  const layers = [
    { id: "debian", bytes: 50_000 },
    { id: "node", bytes: 30_000 },
  ];
  if (base === 3) return { layers: [{ id: `lonely ${index}`, bytes: 40_000 }] };
  return { layers: layers.slice(0, base) };
}

/** One atom that copies an earlier one once more. It is of this image alone: equal atoms have to hide equal bytes. */
function withHiding(atoms: readonly LayeringAtom[], at: number, index: number): LayeringAtom[] {
  return atoms.map((atom, place) => {
    if (place !== at || place === 0) return atom;
    const of = place - 1;
    const bytes = Math.min(atom.bytes, atoms[of]!.bytes);
    return {
      ...atom,
      id: `over ${index}, ${atom.id}`,
      after: [...new Set([...atom.after, of])],
      hides: [...atom.hides, { of, bytes }],
    };
  });
}
