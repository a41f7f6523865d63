import type { ImageFile, ImageFolder } from "./image-files.js";
import { type Box, squarify } from "./squarify.js";

/** A box of the treemap: a file, or a folder that is open (its contents are boxes on it) or closed. */
export interface TreemapBox extends Box {
  /** Folder names from the top of the map to the folder, or to the one that the file is in. */
  readonly path: readonly string[];
  readonly folder?: ImageFolder;
  /** Names from the box that it lies on to the folder: several where each holds the next and nothing else. */
  readonly chain?: readonly string[];
  readonly file?: ImageFile;
  readonly open: boolean;
  /** Place of the layer that most of its bytes are of. */
  readonly layer: number;
}

const HEAD = 18;
const RIM = 2;
/** A folder of this size is opened, in pixels. */
const OPEN = { width: 54, height: 44 };
/** What is smaller than this is not drawn. */
const LEAST = 2.5;

/** The boxes of what is in a folder, parents before what is on them. */
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

/** A folder that holds one folder and nothing else is shown with it, as `usr/lib`. */
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

/** The layer that most bytes of a folder are of. */
export function mainLayer(folder: ImageFolder): number {
  const bytes = new Map<number, number>();
  const add = ({ folders, files }: ImageFolder): void => {
    for (const file of files) bytes.set(file.layer, (bytes.get(file.layer) ?? 0) + file.bytes);
    for (const one of folders) add(one);
  };
  add(folder);
  return [...bytes].reduce((most, one) => (one[1] > most[1] ? one : most), [0, -1])[0];
}
