import type { ObservedEntry, ObservedImage, ObservedLayer } from "../../src/analyze/observed-image.js";
import { sha256Hex } from "../../src/core/bytes.js";
import type { Origin } from "../../src/errors/origin.js";
import type { RuntimeConfig } from "../../src/oci/image-config.js";
import { entry } from "../layer/layer-helpers.js";

/** A layer of an observed image in short. */
export interface ShortLayer {
  /** As `entry` of layer-helpers reads them; a file's text is behind ` : `, `srv/a : text`. */
  readonly entries: readonly (string | ObservedEntry)[];
  readonly inherited?: boolean;
  readonly originOf?: (path: string) => Origin | undefined;
}

/** An image of these layers, the first at the bottom. */
export function observedImage(
  layers: readonly (ShortLayer | readonly (string | ObservedEntry)[])[],
  more: Partial<ObservedImage> & { readonly runtime?: RuntimeConfig } = {},
): ObservedImage {
  const { runtime, ...rest } = more;
  return {
    name: "image",
    platform: { os: "linux", architecture: "amd64" },
    config: {
      os: "linux",
      architecture: "amd64",
      rootfs: { type: "layers", diff_ids: [] },
      ...(runtime === undefined ? {} : { config: runtime }),
    },
    layers: layers.map((it, at) => observedLayer(isShortLayer(it) ? it : { entries: it }, at)),
    ...rest,
  };
}

function isShortLayer(it: ShortLayer | readonly unknown[]): it is ShortLayer {
  return !Array.isArray(it);
}

function observedLayer(layer: ShortLayer, at: number): ObservedLayer {
  const entries = layer.entries.map((it) => (typeof it === "string" ? fileOrOther(it) : it));
  const digest = `sha256:${at.toString(16).padStart(64, "0")}` as const;
  return {
    diffId: digest,
    digest,
    size: 0,
    uncompressedSize: 0,
    description: `layer ${at}`,
    inherited: layer.inherited ?? false,
    entries: async () => entries,
    originOf: layer.originOf ?? (() => undefined),
  };
}

function fileOrOther(text: string): ObservedEntry {
  const [head = "", contents] = text.split(" : ");
  const made = entry(head);
  if (made.type !== "file") return made;
  // A size alone stands for contents that no other path has.
  const bytes = contents ?? (made.size === 0 ? "" : `${head} `);
  return { ...made, size: contents === undefined ? made.size : bytes.length, sha256: sha256Hex(bytes) };
}
