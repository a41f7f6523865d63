import type { LayerEncoder } from "../archive/layer-encoder.js";
import type { HostRunOperation } from "../plan/operation.js";
import type { BaseSource } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Downloader, FileSource } from "../ports/file-source.js";
import type { Progress } from "../ports/progress.js";
import type { Sandbox, SecretSource } from "../ports/sandbox.js";
import type { RunForecast } from "./run/run-inputs.js";

/** The ports through which a direct build reaches the outside. */
export interface BuildPorts {
  readonly store: BlobStore;
  readonly files: FileSource;
  readonly bases: BaseSource;
  readonly downloads: Downloader;
  readonly progress?: Progress | undefined;
  /** Runs commands. Without it an image with a run step is refused. */
  readonly sandbox?: Sandbox | undefined;
  /** The source of what secret and ssh mounts give. Without it there are none. */
  readonly secrets?: SecretSource | undefined;
}

/** Options of building an image. */
export interface BuildImageOptions {
  readonly encoder: LayerEncoder;
  /** The directory that relative base paths start at, absolute. */
  readonly folder: string;
  /** Whole seconds for every time in the image; 0 when absent (see `parseSourceDateEpoch`). */
  readonly sourceDateEpoch?: number | undefined;
  /** Full references that the image is named by. */
  readonly references?: readonly string[] | undefined;
  /** False makes every layer again, and runs every command. */
  readonly cache?: boolean | undefined;
  /** Runs the commands of these layers again: by what `explain` calls them, or their id. */
  readonly rerun?: ((command: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Shared by builds that go on at the same time, so that what two of them need is made once. */
  readonly turns?: Turns | undefined;
  /** Told the layer of each host command, which is put into the store for it. */
  readonly onHostLayer?:
    | ((run: HostRunOperation, layer: { readonly digest: string; readonly size: number }) => void)
    | undefined;
  /**
   * Runs and packs nothing, and is told what a build would do with each command, up to the first one of a stage that
   * would run.
   */
  readonly forecast?: ((forecast: RunForecast) => void) | undefined;
}

/**
 * Work that several builds come to at the same time, by a name of it: the first does it, the others wait for that and
 * find in the store what it left. What they do then they do side by side.
 */
export class Turns {
  /** The keys of the commands that ran in these builds: where all are to run again, none of them does so twice. */
  readonly ran = new Set<string>();
  readonly #first = new Map<string, Promise<unknown>>();

  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const first = this.#first.get(key);
    if (first === undefined) {
      const own = work();
      // How it ends is told where it was begun.
      this.#first.set(
        key,
        own.catch(() => {}),
      );
      return own;
    }
    await first;
    return work();
  }
}
