import { resolve } from "node:path";
import { openLayer } from "../archive/open-layer.js";
import type { TarEntry } from "../archive/tar-entry.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import { hostPlatform, type Platform } from "../oci/platform.js";
import { type FoundFormat, openFound } from "./observe.js";
import { platformOf } from "./prepare/prepare.js";
import { withWorkspace } from "./workspace.js";

/** What is looked at. */
interface InspectOptions {
  /** Which image of an archive that holds several. */
  readonly tag?: string;
  /** Which image of an index for several platforms. @default - linux on this machine's processor, else the only one there is */
  readonly platform?: string;
  readonly store?: string;
}

/** One layer of an image on disk, bottom first. */
interface InspectedLayer {
  readonly digest: string;
  readonly diffId: string;
  /** Bytes of the blob, compressed. */
  readonly size: number;
  /** Bytes of the files in it. */
  readonly uncompressedSize: number;
  /** What its history says of it. */
  readonly description?: string;
  readonly entries: number;
  readonly files?: readonly Pick<TarEntry, "path" | "type" | "mode" | "uid" | "gid" | "size" | "linkname">[];
}

/** One image on disk. */
export interface InspectedImage {
  readonly format: FoundFormat;
  readonly references: readonly string[];
  readonly platform: Platform;
  readonly digest: string;
  readonly config: RuntimeConfig;
  readonly layers: readonly InspectedLayer[];
}

/** Looks at an archive or a layout, ours or anybody's: config, layers and every file in them, all digests verified. */
export async function inspectArchive(path: string, options: InspectOptions = {}): Promise<InspectedImage[]> {
  return withWorkspace({ store: options.store }, async ({ bases, store }) => {
    const platform = options.platform === undefined ? hostPlatform() : platformOf(options.platform);
    // Who names no platform means this machine's, or the only one there is.
    const open = { acceptOnly: options.platform === undefined };
    const { image, format } = await openFound(bases, resolve(path), options.tag, platform, open);
    try {
      const told = (image.config.history ?? []).filter((entry) => entry.empty_layer !== true);
      const layers: InspectedLayer[] = [];
      for (const [index, layer] of image.layers.entries()) {
        const opened = await openLayer(layer, store);
        const files = opened.index.entries.map(({ entry }) => entry);
        await opened.close();
        const description = told[index]?.created_by;
        layers.push({
          digest: layer.descriptor.digest,
          diffId: layer.diffId,
          size: layer.descriptor.size,
          uncompressedSize: files.reduce((sum, file) => sum + file.size, 0),
          entries: files.length,
          files,
          ...(description === undefined ? {} : { description }),
        });
      }
      const { os, architecture, variant } = image.config;
      return [
        {
          format,
          references: image.references ?? [],
          platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
          digest: image.digest ?? "",
          config: image.config.config ?? {},
          layers,
        },
      ];
    } finally {
      await image.close();
    }
  });
}
