import { type Image, imageOf, type Recipe } from "../image/image.js";
import { withReplaced } from "../image/image-references.js";
import type { ImageNode } from "../image/nodes.js";

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
