import type { Origin } from "../../errors/origin.js";
import type { Digest } from "../../oci/digest.js";
import type { Platform } from "../../oci/platform.js";

/**
 * Why bytes are waste. The first three lie in layers and are not in the final root file system; the others are in it.
 *
 * - `overwritten`: a later layer has something else under the name
 * - `removed`: a later layer hides it, by a whiteout, an opaque directory, or a file in the place of its directory
 * - `copied-up`: a layer has the bytes of the file below once more, for another mode, owner or time, or for nothing
 * - `version-control`: `.git`, `.svn`, `.hg` and their like
 * - `package-cache`: what package managers download and keep
 * - `crash-dump`, `temporary`, `log`: what programs left while the image was made
 * - `source-map`: maps of JavaScript and CSS
 * - `node-modules`: tests, examples, type declarations and other files of packages that no program loads
 * - `documentation`, `locale`: what only people read, and languages that the image is not set to
 * - `bytecode`: `__pycache__`
 * - `backup`: copies that editors and tools leave
 * - `duplicate`: the same bytes as another file of the image
 * - `setuid`: no bytes, a notice: files that run with the rights of their owner or group
 */
export type WasteKind =
  | "overwritten"
  | "removed"
  | "copied-up"
  | "version-control"
  | "package-cache"
  | "crash-dump"
  | "temporary"
  | "log"
  | "source-map"
  | "node-modules"
  | "documentation"
  | "locale"
  | "bytecode"
  | "backup"
  | "duplicate"
  | "setuid";

/** The parts of an image that nobody needs. All bytes are those of files' contents, uncompressed; hard links count once. */
export interface WasteReport {
  /** The image's name in the catalog, or else its path or reference. */
  readonly image: string;
  readonly platform: Platform;
  /** Of the manifest, where the image has one. */
  readonly digest?: Digest;
  /** `finalBytes / contentBytes`, 0 to 1; 1 for an image without files. */
  readonly efficiency: number;
  /** Bytes of all files in all layers. */
  readonly contentBytes: number;
  /** Bytes of the files of the final root file system. */
  readonly finalBytes: number;
  /** The sum of the rows. No byte is in two of them. */
  readonly wastedBytes: number;
  /** The same for the layers that are not inherited. */
  readonly own: OwnWaste;
  /** The most bytes first. */
  readonly rows: readonly WasteRow[];
}

/** The figures of the layers that are not inherited from a base. */
export interface OwnWaste {
  /** `neededBytes / contentBytes`, 0 to 1; 1 without files. */
  readonly efficiency: number;
  readonly contentBytes: number;
  /** Bytes in the final root file system that are no mere copy of a file below for another mode, owner or time. */
  readonly neededBytes: number;
  /** The sum of the rows whose bytes lie in own layers. */
  readonly wastedBytes: number;
}

/** Files of one layer that one line wrote and that are waste for one reason. */
export interface WasteRow {
  readonly kind: WasteKind;
  /** A description of the files in a few words. */
  readonly what: string;
  readonly bytes: number;
  readonly files: number;
  /** The layer that holds the bytes. */
  readonly layer: WasteLayer;
  /** The user's line that wrote them, where there is one. */
  readonly origin?: Origin;
  /** The place that overwrote or removed them. */
  readonly by?: WastePlace;
  /** The other place of the same bytes: the file below (`copied-up`), or the one that is kept (`duplicate`). */
  readonly of?: WastePlace;
  /** Up to five of the files, the largest first, with a leading slash. */
  readonly paths: readonly string[];
  /** The way to avoid it, in one line. */
  readonly fix: string;
}

/** A layer as a row names it. */
export interface WasteLayer {
  /** 0 is the bottom. */
  readonly index: number;
  readonly diffId: Digest;
  /** The step that made it, where that is known. */
  readonly description?: string;
  /** True when it is known to belong to the base. */
  readonly inherited: boolean;
}

/** Another place that a row speaks of. */
export interface WastePlace {
  readonly layer: WasteLayer;
  readonly origin?: Origin;
  /** Of the row's first file, with a leading slash. */
  readonly path: string;
}
