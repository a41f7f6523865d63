import type { LayerEncoder } from "../layer/encode/layer-encoder.js";
import type { BaseSource } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Downloader } from "../ports/downloader.js";
import type { FileSource } from "../ports/file-source.js";
import type { Progress } from "../ports/progress.js";

/** What a direct build reaches the outside through. */
export interface BuildPorts {
  readonly store: BlobStore;
  readonly files: FileSource;
  readonly bases: BaseSource;
  readonly downloads: Downloader;
  readonly progress?: Progress | undefined;
}

/** How an image is built. */
export interface BuildImageOptions {
  readonly encoder: LayerEncoder;
  /** The folder that relative base paths start at, absolute. */
  readonly folder: string;
  /** Whole seconds for every time in the image; 0 when absent (see `parseSourceDateEpoch`). */
  readonly sourceDateEpoch?: number | undefined;
  /** Full references that the image is named by. */
  readonly references?: readonly string[] | undefined;
  /** False makes every layer again. */
  readonly cache?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}
