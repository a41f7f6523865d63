import type { Origin } from "../../errors/origin.js";
import type { ComparedLayer } from "./opened-layers.js";

/** A layer of one of two images. */
export interface LayerState {
  readonly diffId: string;
  readonly digest: string;
  /** Bytes of the blob. */
  readonly size: number;
  /** Bytes of the plain tar; undefined where nobody knows. */
  readonly uncompressedSize?: number;
}

/** The change of one layer. */
export interface LayerDifference {
  /** `kept`: the same plain tar; `changed`: what made it is the same, and what is in it is not. */
  readonly change: "kept" | "changed" | "new" | "gone";
  /** The step that made it, in a few words, where that is known. */
  readonly description?: string;
  readonly before?: LayerState;
  readonly after?: LayerState;
  /** The user's line that made it, where that is known. */
  readonly origin?: Origin;
}

/** Compares the layers of two images by diff id, however they are compressed; bottom first. */
export function layerDifferences(
  before: readonly ComparedLayer[],
  after: readonly ComparedLayer[],
): LayerDifference[] {
  return rowsOf(before, after, "diffId", "kept", (left, right) =>
    // Layers without a common diff id that the same step made are one layer that changed.
    rowsOf(left, right, "description", "changed", (gone, added) => [
      ...gone.map((layer) => row("gone", layer, undefined)),
      ...added.map((layer) => row("new", undefined, layer)),
    ]),
  );
}

/** Makes a row of each pair of layers that are equal in one field, and rows of those between the pairs. */
function rowsOf(
  before: readonly ComparedLayer[],
  after: readonly ComparedLayer[],
  field: "diffId" | "description",
  change: LayerDifference["change"],
  between: (left: readonly ComparedLayer[], right: readonly ComparedLayer[]) => LayerDifference[],
): LayerDifference[] {
  const rows: LayerDifference[] = [];
  const pairs = alignLists(before, after, (a, b) => a[field] === b[field]);
  let [left, right] = [0, 0];
  for (const [b, a] of [...pairs, [before.length, after.length] as const]) {
    rows.push(...between(before.slice(left, b), after.slice(right, a)));
    if (b < before.length) rows.push(row(change, before[b], after[a]));
    [left, right] = [b + 1, a + 1];
  }
  return rows;
}

function row(
  change: LayerDifference["change"],
  before: ComparedLayer | undefined,
  after: ComparedLayer | undefined,
): LayerDifference {
  const description = (after ?? before)?.description;
  const origin = (after ?? before)?.originOf("");
  return {
    change,
    ...(description === undefined ? {} : { description }),
    ...(before === undefined ? {} : { before: stateOf(before, after) }),
    ...(after === undefined ? {} : { after: stateOf(after, before) }),
    ...(origin === undefined ? {} : { origin }),
  };
}

function stateOf(layer: ComparedLayer, other: ComparedLayer | undefined): LayerState {
  const { diffId, digest, size } = layer;
  // What is the same plain tar has the same size, also where only one of the two was ever unpacked.
  const twin = other?.diffId === diffId ? other.uncompressedSize : undefined;
  const uncompressedSize = layer.uncompressedSize ?? twin;
  return { diffId, digest, size, ...(uncompressedSize === undefined ? {} : { uncompressedSize }) };
}

/**
 * The longest sequence that two lists have in common, as pairs of places in order. Lists of layers are short, so the
 * whole table is made.
 */
export function alignLists<T>(
  left: readonly T[],
  right: readonly T[],
  equal: (a: T, b: T) => boolean,
): (readonly [left: number, right: number])[] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let l = left.length - 1; l >= 0; l--) {
    for (let r = right.length - 1; r >= 0; r--) {
      lengths[l]![r] = equal(left[l]!, right[r]!)
        ? lengths[l + 1]![r + 1]! + 1
        : Math.max(lengths[l + 1]![r]!, lengths[l]![r + 1]!);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let l = 0, r = 0; l < left.length && r < right.length; ) {
    if (equal(left[l]!, right[r]!)) pairs.push([l++, r++]);
    else if (lengths[l + 1]![r]! >= lengths[l]![r + 1]!) l++;
    else r++;
  }
  return pairs;
}
