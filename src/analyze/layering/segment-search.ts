import type { IndexedImage } from "./indexed-problem.js";

/** What a layer costs the store, asked for a run of atoms that grows by one at a time. */
export interface SegmentPrice {
  /** A new run, without atoms. */
  open(): void;
  /** The next atom of the run. */
  add(place: number): void;
  /** What the run costs as one layer of so many bytes. */
  of(bytes: number): number;
}

/**
 * Cuts a row of atoms into layers, each a run of neighbours, so that what the store pays and what an update is expected
 * to move are least. Exact for this row, by dynamic programming over the places of the last cut.
 *
 * @param row places of all atoms of the image, each after those that it has to be after
 * @param most layers at most
 * @param end bytes of a layer besides its atoms
 */
export function cutIntoLayers(
  image: IndexedImage,
  row: readonly number[],
  price: SegmentPrice,
  most: number,
  end: number,
): readonly (readonly number[])[] {
  const costs = costsOfRuns(image, row, price, end);
  const free = cheapestCuts(costs, row.length);
  const cuts = free.length <= most ? free : cheapestCutsOf(costs, row.length, most);
  return cuts.map((from, index) => row.slice(from, cuts[index + 1]).sort((a, b) => a - b));
}

/** `costs[from * n + to]`: the atoms from `from` up to and with `to` as one layer over all before them. */
function costsOfRuns(
  { atoms }: IndexedImage,
  row: readonly number[],
  price: SegmentPrice,
  end: number,
): Float64Array {
  const n = row.length;
  const costs = new Float64Array(n * n);
  const position = new Int32Array(n);
  const unchanged = new Float64Array(n);
  row.forEach((place, index) => {
    position[place] = index;
    unchanged[index] = atoms[place]!.survival * (index === 0 ? 1 : unchanged[index - 1]!);
  });
  for (let from = 0; from < n; from++) {
    let bytes = end;
    price.open();
    for (let to = from; to < n; to++) {
      const atom = atoms[row[to]!]!;
      bytes += atom.bytes;
      for (const hide of atom.hides) if (position[hide.of]! >= from) bytes -= hide.bytes;
      price.add(row[to]!);
      costs[from * n + to] = price.of(bytes) + bytes * (1 - unchanged[to]!);
    }
  }
  return costs;
}

function cheapestCuts(costs: Float64Array, n: number): readonly number[] {
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const cut = new Int32Array(n + 1);
  best[0] = 0;
  for (let to = 1; to <= n; to++) {
    for (let from = 0; from < to; from++) {
      const cost = best[from]! + costs[from * n + to - 1]!;
      if (cost >= best[to]!) continue;
      best[to] = cost;
      cut[to] = from;
    }
  }
  const cuts: number[] = [];
  for (let to = n; to > 0; to = cut[to]!) cuts.unshift(cut[to]!);
  return cuts;
}

/** The same with at most so many layers. */
function cheapestCutsOf(costs: Float64Array, n: number, most: number): readonly number[] {
  const width = n + 1;
  const best = new Float64Array((most + 1) * width).fill(Number.POSITIVE_INFINITY);
  const cut = new Int32Array((most + 1) * width);
  best[0] = 0;
  for (let layers = 1; layers <= most; layers++) {
    for (let to = layers; to <= n; to++) {
      for (let from = layers - 1; from < to; from++) {
        const cost = best[(layers - 1) * width + from]! + costs[from * n + to - 1]!;
        if (cost >= best[layers * width + to]!) continue;
        best[layers * width + to] = cost;
        cut[layers * width + to] = from;
      }
    }
  }
  let layers = 1;
  for (let count = 2; count <= most; count++) {
    if (best[count * width + n]! < best[layers * width + n]!) layers = count;
  }
  const cuts: number[] = [];
  for (let to = n; to > 0; layers--) {
    to = cut[layers * width + to]!;
    cuts.unshift(to);
  }
  return cuts;
}
