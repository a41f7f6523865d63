import { getOrMake } from "../../core/grouped.js";
import type { SquashPolicy } from "../../image/nodes.js";
import type { Digest } from "../../oci/digest.js";
import type { SharedWith } from "./share-images.js";
import { bytesOf, distinctLayers, type SharedImage, type SharedLayer } from "./share-images.js";

/** Images that are named for one price, of those with which bytes are no longer shared. */
const MOST_NAMED = 100;

/** The policies that every price is given for; an image with `"auto"` has that too. */
export const pricedPolicies: readonly SquashPolicy[] = ["keep", "own", "all"];

/** An image of a catalog, as it is and as it would be. */
export interface PricedImage {
  readonly image: SharedImage;
  /** The policy that it has. */
  readonly squash: SquashPolicy;
  /** Places of the images that stand on it: they get whatever layers it has. */
  readonly carries: readonly number[];
  /** The same image under other policies; empty for one that is not to be priced. */
  readonly variants: readonly { readonly squash: SquashPolicy; readonly image: SharedImage }[];
}

/** The price of each policy for one image. */
export interface SquashPrices {
  readonly name: string;
  /** The policy that it has. */
  readonly squash: SquashPolicy;
  readonly prices: readonly SquashPrice[];
}

/** The price of one policy for an image, the other images keeping theirs. Bytes are those of plain layer tars. */
export interface SquashPrice {
  readonly squash: SquashPolicy;
  /** Number of its layers, those of the base included. */
  readonly layers: number;
  readonly virtualBytes: number;
  readonly compressedBytes: number;
  /** Bytes that the image is smaller by than with `"keep"`: what was overwritten or removed. Negative where it is larger. */
  readonly savedBytes: number;
  /** Layers that it would share with `"keep"`, that others still have, and that it has no longer. */
  readonly unsharedBytes: number;
  /** Number of the images that it no longer shares them with. */
  readonly unsharedCount: number;
  /** Those that it would share most with, at most a hundred, most bytes first. */
  readonly unsharedWith: readonly SharedWith[];
  /** Change of the effective bytes of the catalog. */
  readonly netBytes: number;
}

/**
 * Prices each policy of each image that has variants: the effective bytes of all images with that policy for this one,
 * the images that stand on it following, against those of today.
 */
export function squashPrices(images: readonly PricedImage[]): readonly SquashPrices[] {
  const today = holdersOf(images.map(({ image }) => image));
  return images.flatMap(({ image, squash, carries, variants }, at) => {
    if (variants.length === 0) return [];
    const worlds = variants.map((variant) => {
      const changes = new Map([[at, variant.image]]);
      for (const other of carries) {
        const moved = onOther(images[other]!.image, image, variant.image);
        if (moved !== undefined) changes.set(other, moved);
      }
      return { ...variant, world: new ChangedHolders(today, changes) };
    });
    const keep = worlds.find((world) => world.squash === "keep") ?? worlds[0]!;
    const keptVirtual = bytesOf(keep.image.layers).bytes;
    const sharedByKeep = distinctLayers(keep.image).filter(({ diffId }) => keep.world.isHeld(diffId, at));
    const prices = worlds.map((world): SquashPrice => {
      const { bytes, compressedBytes } = bytesOf(world.image.layers);
      const has = new Set(world.image.layers.map(({ diffId }) => diffId));
      const lost = sharedByKeep.filter(({ diffId }) => !has.has(diffId));
      const stillHeld = lost.map((layer) => ({ layer, holders: world.world.holdersOf(layer.diffId) }));
      const unshared = stillHeld.filter(({ holders }) => holders.length > 0);
      const partners = mostShared(unshared, (place) => images[place]!.image.name);
      return {
        squash: world.squash,
        layers: world.image.layers.length,
        virtualBytes: bytes,
        compressedBytes,
        savedBytes: keptVirtual - bytes,
        unsharedBytes: bytesOf(unshared.map(({ layer }) => layer)).bytes,
        unsharedCount: partners.length,
        unsharedWith: partners.slice(0, MOST_NAMED),
        netBytes: world.world.effectiveChange,
      };
    });
    return [{ name: image.name, squash, prices }];
  });
}

/** Adds up by image what layers weigh, most bytes first. */
export function mostShared(
  layers: readonly { readonly layer: SharedLayer; readonly holders: readonly number[] }[],
  nameOf: (place: number) => string,
): readonly SharedWith[] {
  const sums = new Map<number, { bytes: number; compressedBytes: number }>();
  for (const { layer, holders } of layers) {
    for (const place of holders) {
      const sum = getOrMake(sums, place, () => ({ bytes: 0, compressedBytes: 0 }));
      sum.bytes += layer.uncompressedSize;
      sum.compressedBytes += layer.size;
    }
  }
  return [...sums]
    .sort(([a, x], [b, y]) => y.bytes - x.bytes || a - b)
    .map(([place, sum]) => ({ name: nameOf(place), ...sum }));
}

/** An image with the layers of another base below its own; undefined when it does not have those of the first. */
function onOther(image: SharedImage, base: SharedImage, other: SharedImage): SharedImage | undefined {
  const below = base.layers.length;
  if (base.layers.some(({ diffId }, at) => image.layers[at]?.diffId !== diffId)) return undefined;
  return { ...image, layers: [...other.layers, ...image.layers.slice(below)] };
}

/** The layers of each image, and the images that have each layer. */
interface Holders {
  readonly layers: readonly (readonly SharedLayer[])[];
  readonly held: ReadonlyMap<Digest, readonly number[]>;
}

function holdersOf(images: readonly SharedImage[]): Holders {
  const layers = images.map(distinctLayers);
  const held = new Map<Digest, number[]>();
  for (const [at, own] of layers.entries()) {
    for (const { diffId } of own) getOrMake(held, diffId, () => []).push(at);
  }
  return { layers, held };
}

/** The same after some images were changed; work and memory are those of the changed images alone. */
class ChangedHolders {
  readonly #today: Holders;
  readonly #changed: ReadonlySet<number>;
  readonly #now = new Map<Digest, number[]>();
  /** Bytes by which all distinct layers together grow. */
  readonly effectiveChange: number;

  constructor(today: Holders, changes: ReadonlyMap<number, SharedImage>) {
    this.#today = today;
    this.#changed = new Set(changes.keys());
    const touched = new Map<Digest, SharedLayer>();
    for (const [at, image] of changes) {
      for (const layer of today.layers[at]!) touched.set(layer.diffId, layer);
      for (const layer of distinctLayers(image)) {
        touched.set(layer.diffId, layer);
        getOrMake(this.#now, layer.diffId, () => []).push(at);
      }
    }
    let change = 0;
    for (const [diffId, layer] of touched) {
      const before = today.held.has(diffId);
      const after = this.isHeld(diffId);
      if (before !== after) change += after ? layer.uncompressedSize : -layer.uncompressedSize;
    }
    this.effectiveChange = change;
  }

  /** True when any image has the layer, one aside. */
  isHeld(diffId: Digest, aside?: number): boolean {
    return (
      this.#now.get(diffId)?.some((at) => at !== aside) === true ||
      this.#today.held.get(diffId)?.some((at) => at !== aside && !this.#changed.has(at)) === true
    );
  }

  holdersOf(diffId: Digest): readonly number[] {
    const unchanged = (this.#today.held.get(diffId) ?? []).filter((at) => !this.#changed.has(at));
    return [...unchanged, ...(this.#now.get(diffId) ?? [])].sort((a, b) => a - b);
  }
}
