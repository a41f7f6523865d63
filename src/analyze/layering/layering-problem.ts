/** What a planner of layers decides about: the images of a catalog as atoms with bytes. Plain data. */
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
  /** What it stands on: layers that are as they are (none for scratch), or an image of this problem, as that is decided. */
  readonly base: LayeringBase;
  /** What its own layers are made of, in the order of the description. */
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
  /** What it is in a word or two, as the lines of `why` call it: `copy app.tar`, `node_modules`. */
  readonly label: string;
  /** Bytes that it adds to a layer. */
  readonly bytes: number;
  /** How likely it is another one at the next update of its image: 0 to 1. */
  readonly changes: number;
  /** Earlier atoms (places) that have to be in the same layer or in one below; those that it hides are so without saying. */
  readonly after: readonly number[];
  /**
   * What it makes useless of earlier atoms, or of the base (`"base"`): bytes that are saved when both are in one layer. A
   * byte that several atoms hide is named by the first of them only; equal atoms hide the same of equal atoms.
   */
  readonly hides: readonly { readonly of: number | "base"; readonly bytes: number }[];
}

/** What was decided for one image. */
export interface LayeringDecision {
  readonly image: string;
  /** True when the base is melted into the one layer, which then is of nobody else. */
  readonly melt: boolean;
  /** Its own layers, bottom first, as places in `atoms`; in each the order of the description. */
  readonly layers: readonly (readonly number[])[];
  /** Why, in a line or two for people, with the figures. */
  readonly why: readonly string[];
}

/** What a set of decisions costs. */
export interface LayeringCost {
  /** Bytes of all distinct layers together. */
  readonly stored: number;
  /** Bytes that an update of every image is expected to move: of each own layer, as often as it or one below it changes. */
  readonly update: number;
  /** What is minimised: the sum of both. */
  readonly total: number;
}

/** Bytes that every layer has besides its entries: the two zero blocks at the end of its tar. */
export const LAYER_END = 1024;
