import { shownLine } from "../core/shown-text.js";
import { sizeText } from "../core/size.js";
import { columns } from "./columns.js";
import type { Paint } from "./paint.js";

/** One line of the tree. */
export interface TreeLayer {
  readonly description: string;
  readonly digest: string;
  /** Bytes of the compressed blob. */
  readonly size: number;
  /** A word about where it comes from: `base`, `cached`. */
  readonly mark?: string;
}

/** The layers of an image below its title, bottom first, with sizes that a person can read. */
export function layerTree(title: string, layers: readonly TreeLayer[], paint: Paint): string {
  if (layers.length === 0) return `${title}\n${paint.dim("└─ no layers")}\n`;
  const marked = layers.some(({ mark }) => mark !== undefined);
  const rows = layers.map(({ description, digest, size, mark = "" }, index) => [
    { text: index === layers.length - 1 ? "└─" : "├─", paint: paint.dim },
    sizeText(size),
    { text: shortDigest(digest), paint: paint.dim },
    ...(marked ? [{ text: mark, paint: mark === "cached" ? paint.green : paint.cyan }] : []),
    shownLine(description),
  ]);
  return `${title}\n${columns(rows, [1])}`;
}

/** Enough of a digest to tell layers apart. */
export function shortDigest(digest: string): string {
  return digest.replace(/^(sha\d+:.{12}).*$/, "$1");
}
