/** The data of a report's page: plain JSON, every layer once. Bytes are of plain tars unless said otherwise. */
export interface ReportData {
  readonly title: string;
  /** The time when it was made, as `2026-11-28T12:00:00.000Z`. */
  readonly made: string;
  readonly totals: ReportTotals;
  /** In the order in which the images have them, each once. */
  readonly layers: readonly ReportLayer[];
  readonly images: readonly ReportImage[];
  /** The waste, worst first; undefined where nobody looked for waste. */
  readonly waste?: readonly ReportWaste[];
  /** Lines of the user's files, `catalog.ts:12`: files and waste name them by their place here. */
  readonly lines: readonly string[];
}

/** The figures of all images together. */
export interface ReportTotals {
  readonly images: number;
  readonly layers: number;
  /** Sum over the images, as if nothing were shared. */
  readonly virtualBytes: number;
  /** Every layer once. */
  readonly effectiveBytes: number;
  /** The same, compressed. */
  readonly effectiveCompressedBytes: number;
  /** The waste, of each layer as much as in the image of which it wastes most; undefined where nobody looked. */
  readonly wastedBytes?: number;
}

/** One layer, whichever images have it. */
export interface ReportLayer {
  readonly diffId: string;
  readonly description: string;
  readonly bytes: number;
  /** Bytes of the blob. */
  readonly compressedBytes: number;
  /** Places in `images`. */
  readonly images: readonly number[];
  /** True when it is known to be part of a base that no image here made. */
  readonly base: boolean;
  /** Place in `lines` of the line that wrote most of its files. */
  readonly line?: number;
  /** The contents of its root directory. */
  readonly files: readonly ReportNode[];
}

/**
 * An entry of a directory of a layer, in a short form: `[name, bytes]` or `[name, bytes, line]` is a file
 * (with its line where that is another than the layer's), `[name, [...]]` a directory, `[count, bytes]` the files that are
 * too small to be listed, `[name]` what the layer removes from those below and `[]` that it removes all of the directory.
 */
export type ReportNode =
  | readonly [name: string, bytes: number]
  | readonly [name: string, bytes: number, line: number]
  | readonly [name: string, children: readonly ReportNode[]]
  | readonly [count: number, bytes: number]
  | readonly [name: string]
  | readonly [];

/** One image. */
export interface ReportImage {
  readonly name: string;
  readonly platform: string;
  readonly digest?: string;
  readonly virtualBytes: number;
  /** Bytes of layers that no other image here has. */
  readonly uniqueBytes: number;
  /** Places in `layers`, bottom first. */
  readonly layers: readonly number[];
  /** Oldest first, the image of this report last. */
  readonly history: readonly ReportSize[];
  /** 1 where nothing is wasted; undefined where nobody looked. */
  readonly efficiency?: number;
}

/** The size of an image at some time. */
export interface ReportSize {
  readonly at: string;
  /** Compressed. */
  readonly bytes: number;
  readonly layers: number;
}

/** One kind of waste in one layer, of all images in which it is the same. */
export interface ReportWaste {
  readonly kind: string;
  readonly what: string;
  readonly bytes: number;
  readonly files: number;
  /** Place in `layers`. */
  readonly layer: number;
  /** Places in `images`. */
  readonly images: readonly number[];
  /** The first of them. */
  readonly paths: readonly string[];
  readonly fix: string;
  /** Place in `lines`. */
  readonly line?: number;
}
