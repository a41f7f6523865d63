import type { ConfigDifference } from "./config-difference.js";
import type { FileDifference } from "./file-difference.js";
import type { LayerDifference } from "./layer-difference.js";
import type { PackageDifference } from "./package-difference.js";

/** One of the two images of a comparison. */
export interface DifferenceSide {
  /** Its name in the catalog, or else the path or reference that it was found under. */
  readonly name: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Of the manifest; undefined where the image has none (docker save). */
  readonly digest?: string;
  /** Compressed bytes of all layers. */
  readonly size: number;
  /** Bytes of all plain tars; undefined where a layer was never unpacked and is gone. */
  readonly uncompressedSize?: number;
}

/** What a comparison could not look into, as an error would say it. */
export interface DifferenceGap {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What is different between two images. */
export interface ImageDifference {
  readonly before: DifferenceSide;
  readonly after: DifferenceSide;
  /** True when nothing that is compared differs. The digests can differ all the same, by times or annotations. */
  readonly same: boolean;
  readonly config: readonly ConfigDifference[];
  /** All layers of both, bottom first; those that are gone stand where they were. */
  readonly layers: readonly LayerDifference[];
  /** Compressed bytes that a machine with the image before has to fetch for the image after. */
  readonly pullBytes: number;
  /** Of the final root file systems, by path; undefined where a layer cannot be read, which `gap` explains. */
  readonly files?: readonly FileDifference[];
  /** By kind and name; undefined together with `files`. */
  readonly packages?: readonly PackageDifference[];
  readonly gap?: DifferenceGap;
}
