import type { Image } from "../image/image.js";
import type { ImageNode } from "../image/nodes.js";

/** One of the names that an image has in a catalog, and its place in the order. */
export interface NamedPlace {
  readonly place: number;
  readonly name: string;
}

type Named = Iterable<readonly [name: string, image: Image]>;

const namesByCatalog = new WeakMap<Named, ReadonlyMap<ImageNode, readonly NamedPlace[]>>();

/** The names of each image of a catalog. Found once: of a catalog of thousands every image is asked about. */
export function namedNodes(catalog: Named): ReadonlyMap<ImageNode, readonly NamedPlace[]> {
  const known = namesByCatalog.get(catalog);
  if (known !== undefined) return known;
  const found = new Map<ImageNode, NamedPlace[]>();
  let place = 0;
  for (const [name, { node }] of catalog) {
    const names = found.get(node) ?? [];
    names.push({ place: place++, name });
    found.set(node, names);
  }
  namesByCatalog.set(catalog, found);
  return found;
}

/** Gives the first name that a catalog has for an image. */
export function catalogName(catalog: Named): (node: ImageNode) => string | undefined {
  const names = namedNodes(catalog);
  return (node) => names.get(node)?.[0]?.name;
}
