import { IntegrityError } from "../errors/layerwright-error.js";

/** The prefix of a name that hides the rest of the name in the layers below (image-spec layer.md, "Whiteouts"). */
export const WHITEOUT_PREFIX = ".wh.";

/** The name in a folder that hides everything the layers below have in that folder. */
export const OPAQUE_NAME = ".wh..wh..opq";

/** The folder where AUFS kept hard-linked files; its files are never part of the root file system. */
export const PLINK_FOLDER = ".wh..wh.plnk";

/** The prefix of what AUFS kept for itself. */
export const META_PREFIX = ".wh..wh.";

/** What a name in a layer means. */
export type NameRole =
  | { readonly kind: "plain" }
  | { readonly kind: "opaque" }
  /** Bookkeeping of AUFS: ignored. */
  | { readonly kind: "meta" }
  | { readonly kind: "whiteout"; readonly target: string };

const PLAIN: NameRole = { kind: "plain" };
const OPAQUE: NameRole = { kind: "opaque" };
const META: NameRole = { kind: "meta" };

/**
 * Tells whiteouts from things. Throws `LAYER_INVALID` for a whiteout of nothing, `.` or `..`, which some tools
 * carry out as "delete the parent".
 *
 * @param layer what the error names, usually the layer's digest
 */
export function nameRole(name: string, path: string, layer: string): NameRole {
  if (!name.startsWith(WHITEOUT_PREFIX)) return PLAIN;
  if (name === OPAQUE_NAME) return OPAQUE;
  const target = name.slice(WHITEOUT_PREFIX.length);
  if (target === "" || target === "." || target === "..") {
    const reason = `its whiteout names ${JSON.stringify(target)}, which is no name of a file`;
    throw new IntegrityError("LAYER_INVALID", { layer, path, reason }, { subject: path });
  }
  // Files named `.wh.*` cannot exist in an image, so nothing is lost by not reading this as a whiteout of one.
  return name.startsWith(META_PREFIX) ? META : { kind: "whiteout", target };
}

/** The path that a whiteout's path hides; undefined for the path of anything else. */
export function whiteoutTarget(path: string): string | undefined {
  const name = path.lastIndexOf("/") + 1;
  if (!path.startsWith(WHITEOUT_PREFIX, name) || path.startsWith(META_PREFIX, name)) return undefined;
  return path.slice(0, name) + path.slice(name + WHITEOUT_PREFIX.length);
}

/** The name that hides a name of the layers below. */
export function whiteoutOf(name: string): string {
  return WHITEOUT_PREFIX + name;
}
