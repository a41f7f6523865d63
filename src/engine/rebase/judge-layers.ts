import type { LayerIndex } from "../../layer/layer-index.js";
import type { FolderNode } from "../../layer/tree-node.js";
import { type BaseUse, readBaseUse } from "../../oci/base-annotations.js";
import type { Descriptor } from "../../oci/descriptor.js";
import type { HistoryEntry } from "../../oci/image-config.js";
import { changedLinks } from "./followed-links.js";
import { movedGround } from "./moved-ground.js";

/** A layer that an image has above its base. */
export interface OwnLayer {
  readonly digest: string;
  /** Bytes of the compressed blob. */
  readonly size: number;
  /** What its history says of it. */
  readonly description: string;
  /** What it took from the base; `unknown` where its builder did not say. */
  readonly use: BaseUse | "unknown";
}

/** A layer that a new base may make wrong. */
export interface UnsafeLayer extends OwnLayer {
  /** Paths at which the two bases differ, where that is why. */
  readonly paths: readonly string[];
}

/** The layers above the base, with their lines of the history. */
export function ownLayers(
  descriptors: readonly Descriptor[],
  history: readonly HistoryEntry[],
): readonly OwnLayer[] {
  const lines = history.filter((line) => line.empty_layer !== true);
  return descriptors.map(({ digest, size, annotations }, at) => ({
    digest,
    size,
    description: lines[at]?.created_by ?? "",
    use: readBaseUse(annotations) ?? "unknown",
  }));
}

/** True when the files of the bases have to be known to judge a layer. */
export function needsGround({ use }: OwnLayer): boolean {
  return use === "files";
}

/** The files of two bases, and what is in the layers between. */
export interface Ground {
  readonly from: FolderNode;
  readonly onto: FolderNode;
  /** What is in the layer of a digest. */
  indexOf(digest: string): LayerIndex;
}

/**
 * The layers that cannot be put on another base unseen. One of files alone can, where the bases are the same around
 * what it writes; one that took more than that from its base cannot.
 *
 * @param ground undefined where no layer `needsGround`
 */
export function unsafeLayers(layers: readonly OwnLayer[], ground: Ground | undefined): UnsafeLayer[] {
  const links = ground === undefined ? [] : changedLinks(ground.from, ground.onto);
  return layers.flatMap((layer) => {
    if (layer.use === "none") return [];
    if (!needsGround(layer) || ground === undefined) return [{ ...layer, paths: [] }];
    const paths = movedGround(ground.indexOf(layer.digest), ground.from, ground.onto, links);
    return paths.length === 0 ? [] : [{ ...layer, paths }];
  });
}
