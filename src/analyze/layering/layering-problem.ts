import { compareBytes } from "../../core/bytes.js";

/** The input of the planner of layers: the images of a catalog as atoms with bytes. Plain data. */
export interface LayeringProblem {
  readonly images: readonly LayeringImage[];
  /** Layers that an image may have at most, those of its base included. */
  readonly maxLayers: number;
}

/** One image of the catalog. */
export interface LayeringImage {
  readonly name: string;
  /** False for an image whose policy is fixed: its layers are those of `keep`, and count for what is shared. */
  readonly decides: boolean;
  /** Its base: layers that are as they are (none for scratch), or an image of this problem, as that is decided. */
  readonly base: LayeringBase;
  /** The parts of its own layers, in the order of the description. */
  readonly atoms: readonly LayeringAtom[];
  /** The layers of squash `"keep"`, as places in `atoms`. */
  readonly keep: readonly (readonly number[])[];
}

export type LayeringBase =
  | {
      /** Bottom first; bytes of the whole layer, its end included. */
      readonly layers: readonly { readonly id: string; readonly bytes: number }[];
    }
  | { readonly image: string };

/** The smallest thing that is put into one layer or another: files that are never torn apart. */
export interface LayeringAtom {
  /** The same for the same bytes: layers made of equal atoms in the same order are one layer, in whichever image. */
  readonly id: string;
  /** Its name in the lines of `why`: `copy app.tar`, `node_modules`. */
  readonly label: string;
  /** Bytes that it adds to a layer. */
  readonly bytes: number;
  /** The probability that the next update of its image changes it: 0 to 1. */
  readonly changes: number;
  /** Earlier atoms (places) that have to be in the same layer or in one below; those that it hides are so without saying. */
  readonly after: readonly number[];
  /**
   * The bytes of earlier atoms, or of the base (`"base"`), that it hides: they are saved when both are in one layer. A
   * byte that several atoms hide is named by the first of them only; equal atoms hide the same of equal atoms.
   */
  readonly hides: readonly { readonly of: number | "base"; readonly bytes: number }[];
}

/** The decision for one image. */
export interface LayeringDecision {
  readonly image: string;
  /** True when the base is melted into the one layer, which then is of nobody else. */
  readonly melt: boolean;
  /** Its own layers, bottom first, as places in `atoms`; in each the order of the description. */
  readonly layers: readonly (readonly number[])[];
  /** Why, in a line or two for people, with the figures. */
  readonly why: readonly string[];
}

/** Bytes that every layer has besides its entries: the two zero blocks at the end of its tar. */
export const LAYER_END = 1024;

/** A problem with numbers for names: images by their names in byte order, so that no order of the input is left. */
export interface IndexedProblem {
  readonly images: readonly IndexedImage[];
  readonly maxLayers: number;
  /** Bytes of the layers of bases, by token. */
  readonly baseBytes: ReadonlyMap<number, number>;
  /** Tokens are below this number: one for each id of an atom, then one for each layer of a base. */
  readonly tokens: number;
}

export interface IndexedImage {
  readonly index: number;
  readonly name: string;
  readonly decides: boolean;
  readonly parent: IndexedImage | undefined;
  readonly children: readonly IndexedImage[];
  /** Tokens of the layers that it stands on directly; none below an image of the catalog. */
  readonly base: readonly number[];
  readonly atoms: readonly IndexedAtom[];
  readonly keep: readonly (readonly number[])[];
  /** True when some atom has to be after another. */
  readonly ordered: boolean;
  /** Everything in it from the bottom up, by tokens: what a melted layer is made of. */
  readonly content: readonly number[];
  /** Bytes of everything in it, hidden bytes taken off, without the end of the layer. */
  readonly contentBytes: number;
  /** The probability that none of its own atoms and of those of the images below changes. */
  readonly contentSurvival: number;
  /** Bytes of its base that its atoms hide. */
  readonly hiddenOfBase: number;
}

export interface IndexedAtom {
  readonly token: number;
  readonly label: string;
  readonly bytes: number;
  /** The probability that an update leaves it as it is. */
  readonly survival: number;
  /** Places that it has to be after, those that it hides among them. */
  readonly after: readonly number[];
  /** Bytes that it hides of other places; together never more than an atom has. */
  readonly hides: readonly { readonly of: number; readonly bytes: number }[];
  /** True when the catalog has its id once only: no layer with it can be shared. */
  readonly alone: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Brings a problem into its indexed form, which all parts of the planner work on.
 *
 * @throws {RangeError} when an image stands on one that is not there, or on itself
 */
export function indexProblem(problem: LayeringProblem): IndexedProblem {
  const sorted = [...problem.images].sort((a, b) => compareBytes(a.name, b.name));
  const occurrences = new Map<string, number>();
  for (const { atoms } of sorted) {
    for (const { id } of atoms) occurrences.set(id, (occurrences.get(id) ?? 0) + 1);
  }
  const tokens = new Map([...occurrences.keys()].map((id, token) => [id, token]));
  const bases = new Map<string, number>();
  const baseBytes = new Map<number, number>();
  for (const { base } of sorted) {
    for (const { id, bytes } of "layers" in base ? base.layers : []) {
      if (bases.has(id)) continue;
      bases.set(id, tokens.size + bases.size);
      baseBytes.set(bases.get(id)!, bytes);
    }
  }
  const byName = new Map(sorted.map((image, index) => [image.name, index]));
  const done: (Writable<IndexedImage> | undefined)[] = sorted.map(() => undefined);
  const pending = new Set<number>();

  const indexed = (index: number): IndexedImage => {
    const known = done[index];
    if (known !== undefined) return known;
    const image = sorted[index]!;
    if (pending.has(index)) throw new RangeError(`the image ${image.name} stands on itself`);
    pending.add(index);
    const parent = "image" in image.base ? indexed(placeOf(image.base.image, byName)) : undefined;
    const base = "layers" in image.base ? image.base.layers.map(({ id }) => bases.get(id)!) : [];
    const atoms = indexAtoms(image, tokens, occurrences);
    const below = parent?.contentBytes ?? contentOf(base, baseBytes);
    const hiddenOfBase = Math.min(below, hidden(image.atoms, "base"));
    const made = {
      ...{ index, name: image.name, decides: image.decides, parent, children: [], base, atoms },
      keep: image.keep,
      ordered: atoms.some(({ after }) => after.length > 0),
      content: [...(parent?.content ?? base), ...atoms.map(({ token }) => token)],
      contentBytes: below + atoms.reduce((sum, atom) => sum + atom.bytes - savedBy(atom), 0) - hiddenOfBase,
      contentSurvival: atoms.reduce(
        (product, { survival }) => product * survival,
        parent?.contentSurvival ?? 1,
      ),
      hiddenOfBase,
    };
    done[index] = made;
    return made;
  };

  const images = sorted.map((_, index) => indexed(index));
  for (const image of images) {
    if (image.parent !== undefined) (image.parent.children as IndexedImage[]).push(image);
  }
  return { images, maxLayers: problem.maxLayers, baseBytes, tokens: tokens.size + bases.size };
}

function placeOf(name: string, byName: ReadonlyMap<string, number>): number {
  const index = byName.get(name);
  if (index === undefined) throw new RangeError(`no image of the problem is called ${name}`);
  return index;
}

/** The ends of the base's layers are left in, so that no base is ever melted for the sake of a kilobyte. */
function contentOf(base: readonly number[], baseBytes: ReadonlyMap<number, number>): number {
  return base.reduce((sum, token) => sum + baseBytes.get(token)!, 0);
}

function hidden(atoms: readonly LayeringAtom[], of: number | "base"): number {
  return atoms
    .flatMap(({ hides }) => hides)
    .reduce((sum, hide) => sum + (hide.of === of ? hide.bytes : 0), 0);
}

function savedBy({ hides }: IndexedAtom): number {
  return hides.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Nothing is hidden twice: what is left of an atom is all that a later one can still hide. */
function indexAtoms(
  image: LayeringImage,
  tokens: ReadonlyMap<string, number>,
  occurrences: ReadonlyMap<string, number>,
): IndexedAtom[] {
  const left = image.atoms.map(({ bytes }) => bytes);
  return image.atoms.map((atom) => {
    const hides: { of: number; bytes: number }[] = [];
    for (const { of, bytes } of atom.hides) {
      if (of === "base") continue;
      const taken = Math.min(bytes, left[of]!);
      left[of]! -= taken;
      hides.push({ of, bytes: taken });
    }
    const after = [...new Set([...atom.after, ...hides.map(({ of }) => of)])].sort((a, b) => a - b);
    const { id, label, bytes, changes } = atom;
    const alone = occurrences.get(id) === 1;
    return { token: tokens.get(id)!, label, bytes, survival: 1 - changes, after, hides, alone };
  });
}
