import type { Origin } from "../../errors/origin.js";
import type { LineList } from "./line-list.js";
import type { ReportWaste } from "./report-data.js";

/** What is wasted in an image, as the report needs it. */
export interface FoundWaste {
  /** 1 where nothing is wasted. */
  readonly efficiency: number;
  readonly rows: readonly FoundWasteRow[];
}

/** One kind of waste in one layer of an image. */
export interface FoundWasteRow {
  readonly kind: string;
  /** What the files are, in a few words. */
  readonly what: string;
  readonly bytes: number;
  readonly files: number;
  /** 0 is the bottom. */
  readonly layer: { readonly index: number };
  /** With a leading slash. */
  readonly paths: readonly string[];
  readonly fix: string;
  readonly origin?: Origin | undefined;
}

/** Paths that a row names; it says how many there are. */
const MAX_PATHS = 20;

/** The waste of several images: what a shared layer wastes in all of them is one row, and its bytes count once. */
export class WasteList {
  readonly #lines: LineList;
  readonly #layers = new Map<number, number>();
  readonly #rows = new Map<string, ReportWaste & { readonly images: number[] }>();

  constructor(lines: LineList) {
    this.#lines = lines;
  }

  /** @param layers places of the image's layers in the report */
  add(image: number, layers: readonly number[], { rows }: FoundWaste): void {
    const wasted = new Map<number, number>();
    for (const {
      kind,
      what,
      bytes,
      files,
      layer: { index },
      paths,
      fix,
      origin,
    } of rows) {
      const layer = layers[index]!;
      wasted.set(layer, (wasted.get(layer) ?? 0) + bytes);
      const key = JSON.stringify([layer, kind, what, bytes, files, paths[0]]);
      const known = this.#rows.get(key);
      if (known !== undefined) {
        known.images.push(image);
        continue;
      }
      const line = this.#lines.numberOf(origin);
      const row = { kind, what, bytes, files, layer, images: [image], paths: paths.slice(0, MAX_PATHS), fix };
      this.#rows.set(key, line === undefined ? row : { ...row, line });
    }
    for (const [layer, bytes] of wasted) {
      this.#layers.set(layer, Math.max(bytes, this.#layers.get(layer) ?? 0));
    }
  }

  /** Bytes that are wasted, of each layer as much as the image of which it wastes most. */
  get bytes(): number {
    return [...this.#layers.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Worst first. */
  get rows(): readonly ReportWaste[] {
    return [...this.#rows.values()].sort((a, b) => b.bytes - a.bytes);
  }
}
