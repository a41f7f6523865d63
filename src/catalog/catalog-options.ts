import { type Image, imageOf, type Recipe } from "../image/image.js";
import { withReplaced } from "../image/image-references.js";
import type { ImageNode } from "../image/nodes.js";
import type { Policy, Suppression } from "../policy/policy.js";

/** Layers that an image with squash `"auto"` may have unless a catalog says otherwise: room is left for those on top. */
export const DEFAULT_MAX_LAYERS = 100;

/** The limit of engines: an overlay mount has no room for more. */
export const MOST_LAYERS = 127;

/** Options that hold for all images of a catalog. */
export interface CatalogOptions {
  /** As `linux/amd64` or `linux/arm/v7`. @default - the platform of this machine */
  readonly platforms?: readonly string[];
  /** Labels that every image begins with; its own of the same key win. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * The common first steps of all images: they come right after the base from outside, before the image's own, which may
   * change what it set. An image on another of the catalog has them from there, once. @default - nothing
   */
  readonly defaults?: Recipe;
  /**
   * Names and patterns (`api/*`, `**`) of the images that belong to a group, which the command line takes as `@group`.
   * @default - none
   */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /**
   * The most that one image squashed with `"all"` may take out of what it shares: bytes of the base's layer tars that
   * other images of the catalog have too. A number of bytes, or text as `50MB` or `1.5 GiB`. `build`, `push` and `load`
   * refuse an image that takes more.
   * @default - no limit
   */
  readonly maxUnshared?: number | string;
  /**
   * The most layers that an image with squash `"auto"` may have, those of its base included: 1 to 127, which is what
   * engines take. A base that has as many already is melted.
   * @default - 100
   */
  readonly maxLayers?: number;
  /** The policies that images must keep; `build`, `push` and `load` fail on errors. @default - none */
  readonly policies?: readonly Policy[];
  /** Findings that may stand, with a reason each. @default - none */
  readonly suppressions?: readonly Suppression[];
}

/** Options of `map` for images that are made from others of the catalog. */
export interface MapOptions {
  /**
   * Puts an image onto what the images that it is made from became, so that it shares their new layers. The recipe is
   * applied to it then as well, on top: what a base was given comes twice unless the recipe looks at the name.
   * @default - false: an image keeps the base it was made from, so that its steps see what they were written for
   */
  readonly bases?: boolean;
}

/**
 * Images with the steps of a recipe before their own. They go right onto the base that comes from outside, once: an image
 * on another of these images has them from there. What is only copied from, such as a stage that compiles, gets none.
 */
export function withDefaults(
  images: Readonly<Record<string, Image>>,
  defaults: Recipe,
): Readonly<Record<string, Image>> {
  const starts = new Set(Object.values(images).map(({ node }) => startOf(node)));
  const done = new Map<ImageNode, ImageNode>();
  const replace = (node: ImageNode): ImageNode => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const own = withReplaced(node, replace);
    const replaced = starts.has(node) ? begunWith(own, defaults) : own;
    done.set(node, replaced);
    return replaced;
  };
  const changed = Object.entries(images).map(([name, image]) => {
    const node = replace(image.node);
    return [name, node === image.node ? image : imageOf(node)];
  });
  return Object.freeze(Object.fromEntries(changed));
}

/** The image at the bottom of the images that one stands on. */
function startOf(image: ImageNode): ImageNode {
  let start = image;
  while (start.base.kind === "image") start = start.base.image;
  return start;
}

function begunWith(image: ImageNode, defaults: Recipe): ImageNode {
  const empty = imageOf(Object.freeze({ base: image.base, steps: Object.freeze([]), squash: "keep" }));
  const { base, steps } = empty.with(defaults).node;
  return Object.freeze({ ...image, base, steps: Object.freeze([...steps, ...image.steps]) });
}
