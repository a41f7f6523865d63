import { type Image, imageOf } from "../image/image.js";
import { withReplaced } from "../image/image-references.js";
import type { ImageNode } from "../image/nodes.js";

/** Changes each image, and puts those that are made from others onto what these became. */
export function mapWithBases(
  images: readonly (readonly [name: string, image: Image])[],
  change: (image: Image, name: string) => Image,
): Record<string, Image> {
  const names = new Map<ImageNode, string>();
  for (const [name, { node }] of images) if (!names.has(node)) names.set(node, name);
  const done = new Map<ImageNode, ImageNode>();
  const replace = (node: ImageNode): ImageNode => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const own = withReplaced(node, replace);
    const name = names.get(node);
    const replaced = name === undefined ? own : change(imageOf(own), name).node;
    done.set(node, replaced);
    return replaced;
  };
  const changed = images.map(([name, { node }]) => {
    // An image of two names is for others what it is under the first.
    const first = names.get(node) === name;
    return [name, first ? imageOf(replace(node)) : change(imageOf(withReplaced(node, replace)), name)];
  });
  return Object.fromEntries(changed);
}
