import type { ObservedEntry, ObservedImage, ObservedLayer } from "../../src/analyze/observed-image.js";
import { sha256Hex } from "../../src/core/bytes.js";
import type { Digest } from "../../src/oci/digest.js";

/** What a layer of a test is made of: paths with their bytes; a path that ends in a slash is a folder. */
export type Contents = Readonly<Record<string, number>>;

/** A layer without a blob: equal contents are the same layer. */
export function layerOf(description: string, contents: Contents, line?: number): ObservedLayer {
  const diffId: Digest = `sha256:${sha256Hex(JSON.stringify([description, contents]))}`;
  const entries = Object.entries(contents).map(([path, size]): ObservedEntry => {
    const folder = path.endsWith("/");
    const type = folder ? "folder" : "file";
    return { type, path: folder ? path.slice(0, -1) : path, mode: 0o644, uid: 0, gid: 0, size, mtime: 0 };
  });
  const bytes = Object.values(contents).reduce((sum, size) => sum + size, 1024);
  return {
    diffId,
    digest: diffId,
    size: Math.ceil(bytes / 3),
    uncompressedSize: bytes,
    description,
    inherited: line === undefined,
    entries: async () => entries,
    originOf: () => (line === undefined ? undefined : { file: "catalog.ts", line }),
  };
}

/** An image of such layers. */
export function imageOf(name: string, layers: readonly ObservedLayer[]): ObservedImage {
  const digest: Digest = `sha256:${sha256Hex(layers.map(({ diffId }) => diffId).join())}`;
  const platform = { os: "linux", architecture: "amd64" };
  const rootfs = { type: "layers" as const, diff_ids: layers.map(({ diffId }) => diffId) };
  return { name, platform, digest, config: { ...platform, config: {}, rootfs, history: [] }, layers };
}
