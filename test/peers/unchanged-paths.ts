import { canonical } from "./compare.js";
import { type ImageListing, type ListedFile, lay } from "./image-listing.js";

/**
 * The image without the entries of its layers that say again what the layers below say already, times aside: a
 * command that touched a file, or wrote it again as it was, leaves one in a builder that goes by what was opened.
 */
export function withoutUnchanged(image: ImageListing): ImageListing {
  const tree = new Map<string, ListedFile>();
  const layers = image.layers.map(({ paths }) => {
    const before = new Map(tree);
    lay(tree, paths);
    return { paths: paths.filter(({ path }) => !same(before.get(path), tree.get(path))) };
  });
  return { ...image, layers };
}

function same(before: ListedFile | undefined, after: ListedFile | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return describe(before) === describe(after);
}

function describe({ type, mode, uid, gid, size, sha256, linkname, device, xattrs }: ListedFile): string {
  return canonical({ type, mode, uid, gid, size, sha256, device, xattrs, linkname });
}
