import type { ImageFile, ImageFolder } from "./image-files.js";

/** A box of the treemap: a file, or a directory that is open (its contents are boxes on it) or closed. */
export interface TreemapBox extends Box {
  /** Directory names from the top of the map to the directory, or to the one that the file is in. */
  readonly path: readonly string[];
  readonly folder?: ImageFolder;
  /** Names from the box that it lies on to the directory: several where each holds the next and nothing else. */
  readonly chain?: readonly string[];
  readonly file?: ImageFile;
  readonly open: boolean;
  /** Place of the layer that most of its bytes are of. */
  readonly layer: number;
}

const HEAD = 18;
const RIM = 2;
/** A directory of this size is opened, in pixels. */
const OPEN = { width: 54, height: 44 };
/** The least size in pixels of a box that is drawn. */
const LEAST = 2.5;

/** The boxes of what is in a directory, parents before what is on them. */
export function treemapBoxes(folder: ImageFolder, box: Box, path: readonly string[] = []): TreemapBox[] {
  const items = [
    ...folder.folders.map((one) => ({ bytes: one.bytes, folder: one })),
    ...folder.files.filter(({ bytes }) => bytes > 0).map((one) => ({ bytes: one.bytes, file: one })),
  ].sort((a, b) => b.bytes - a.bytes);
  const places = squarify(
    items.map(({ bytes }) => bytes),
    box,
  );
  return items.flatMap((item, at) => {
    const place = places[at]!;
    if (place.width < LEAST || place.height < LEAST) return [];
    if ("file" in item) return [{ ...place, path, file: item.file, open: false, layer: item.file.layer }];
    const { chain, last } = straightOn(item.folder);
    const below = [...path, ...chain];
    const made = { ...place, path: below, chain, folder: last, layer: mainLayer(last) };
    if (place.width < OPEN.width || place.height < OPEN.height) return [{ ...made, open: false }];
    const inner = {
      x: place.x + RIM,
      y: place.y + HEAD,
      width: place.width - 2 * RIM,
      height: place.height - HEAD - RIM,
    };
    return [{ ...made, open: true }, ...treemapBoxes(last, inner, below)];
  });
}

/** A directory that holds one directory and nothing else is shown with it, as `usr/lib`. */
export function straightOn(folder: ImageFolder): {
  readonly chain: readonly string[];
  readonly last: ImageFolder;
} {
  const chain = [folder.name];
  let last = folder;
  while (last.files.length === 0 && last.folders.length === 1) {
    last = last.folders[0]!;
    chain.push(last.name);
  }
  return { chain, last };
}

/** The layer that most bytes of a directory are of. */
export function mainLayer(folder: ImageFolder): number {
  const bytes = new Map<number, number>();
  const add = ({ folders, files }: ImageFolder): void => {
    for (const file of files) bytes.set(file.layer, (bytes.get(file.layer) ?? 0) + file.bytes);
    for (const one of folders) add(one);
  };
  add(folder);
  return [...bytes].reduce((most, one) => (one[1] > most[1] ? one : most), [0, -1])[0];
}

/** A box in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Divides a box among values, largest first, into boxes as square as can be (Bruls, Huizing and van Wijk, "Squarified
 * Treemaps", 2000). The area of each is its share.
 */
export function squarify(values: readonly number[], box: Box): Box[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  const boxes: Box[] = [];
  let { x, y, width, height } = box;
  const scale = total === 0 ? 0 : (width * height) / total;
  for (let at = 0; at < values.length; ) {
    const side = Math.min(width, height);
    let count = 1;
    let sum = values[at]! * scale;
    let worst = ratio(sum, values[at]! * scale, values[at]! * scale, side);
    while (at + count < values.length) {
      const more = sum + values[at + count]! * scale;
      const next = ratio(more, values[at]! * scale, values[at + count]! * scale, side);
      if (next > worst) break;
      worst = next;
      sum = more;
      count++;
    }
    const thick = side === 0 ? 0 : sum / side;
    let along = 0;
    for (const value of values.slice(at, at + count)) {
      const long = thick === 0 ? 0 : (value * scale) / thick;
      boxes.push(
        width >= height
          ? { x, y: y + along, width: thick, height: long }
          : { x: x + along, y, width: long, height: thick },
      );
      along += long;
    }
    if (width >= height) {
      x += thick;
      width = Math.max(0, width - thick);
    } else {
      y += thick;
      height = Math.max(0, height - thick);
    }
    at += count;
  }
  return boxes;
}

/** The worst proportion of a row of boxes with this sum, of which these are the largest and the smallest. */
function ratio(sum: number, largest: number, smallest: number, side: number): number {
  if (sum === 0 || smallest === 0) return Number.POSITIVE_INFINITY;
  const square = sum * sum;
  return Math.max((side * side * largest) / square, square / (side * side * smallest));
}
