import type { ObservedEntry, ObservedImage, ObservedLayer } from "../../src/analyze/observed-image.js";
import { sha256Hex } from "../../src/core/bytes.js";
import { digestOf } from "../../src/oci/digest.js";

/** An entry of a layer in a few words: what is at a path. A text is the content of a file. */
export type Written = string | Partial<ObservedEntry>;

/** A layer of which only the entries are known, told from others by what is in it. */
export function layerOf(
  entries: Readonly<Record<string, Written>>,
  about: Partial<ObservedLayer> = {},
): ObservedLayer {
  const diffId = digestOf(Buffer.from(JSON.stringify(entries)));
  const list = Object.entries(entries).map(([path, what]) => entryOf(path, what));
  return {
    diffId,
    digest: diffId,
    size: 100,
    uncompressedSize: 1024,
    inherited: false,
    originOf: () => undefined,
    entries: async () => list,
    ...about,
  };
}

/** A layer that nobody may look into. */
export function closedLayer(entries: Readonly<Record<string, Written>>): ObservedLayer {
  const refuse = () => Promise.reject(new Error("the layer was looked into"));
  return layerOf(entries, { entries: refuse, open: refuse });
}

export function imageOf(...layers: readonly ObservedLayer[]): ObservedImage {
  const rootfs = { type: "layers" as const, diff_ids: layers.map(({ diffId }) => diffId) };
  const platform = { os: "linux", architecture: "amd64" };
  return { name: "image", platform, config: { ...platform, rootfs }, layers };
}

function entryOf(path: string, what: Written): ObservedEntry {
  const plain = { path, mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 };
  if (typeof what === "string") {
    return { ...plain, type: "file", size: Buffer.byteLength(what), sha256: sha256Hex(what) };
  }
  return { ...plain, type: "file", ...(what.type === "folder" ? { mode: 0o755 } : {}), ...what };
}
