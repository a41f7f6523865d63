import { resolve } from "node:path";
import { openBase as openLayers } from "../../layer/open-layer.js";
import { emptyTree } from "../../layer/tree.js";
import { mediaType } from "../../oci/media-type.js";
import type { Platform } from "../../oci/platform.js";
import { fromScratch, scratchConfig } from "../../plan/apply-config.js";
import type { PlanBase } from "../../plan/plan.js";
import type { BaseImage, BaseLayer, BaseLocation } from "../../ports/base-source.js";
import { identify } from "../content-identity.js";
import { baseHistory } from "../documents/history.js";
import { ociDescriptor } from "../documents/image-documents.js";
import { compressTar } from "../pack/compress-tar.js";
import type { BuildImageOptions, BuildPorts } from "../ports.js";
import { baseRoot } from "../run/root-chain.js";
import { dateText } from "../source-date.js";
import type { StageImage, StageLayer } from "./stage-image.js";

/** A base that lies on disk. */
export type LocalBase = Extract<PlanBase, { kind: "layout" | "archive" | "rootfs" }>;

/** Where a base is, absolute. */
export function baseLocation(base: LocalBase, folder: string): BaseLocation {
  const path = resolve(folder, base.path);
  if (base.kind === "rootfs") {
    return { kind: "rootfs", path, config: fromScratch(base.config ?? {}) };
  }
  return base.tag === undefined ? { kind: base.kind, path } : { kind: base.kind, path, tag: base.tag };
}

/** An image of nothing. */
export function scratchImage({ os, architecture, variant }: Platform, ports: BuildPorts): StageImage {
  const tree = emptyTree();
  return {
    tree,
    root: baseRoot(tree, [], ports),
    document: variant === undefined ? { os, architecture } : { os, architecture, variant },
    config: scratchConfig,
    annotations: {},
    history: [],
    layers: [],
    fromScratch: true,
  };
}

/**
 * Opens a base from disk. Its layers are passed on byte for byte, but for plain tars, which are compressed.
 *
 * @param need whether its layers are passed on, and whether the contents of its files will be read
 */
export async function baseImage(
  base: LocalBase,
  platform: Platform,
  need: { readonly layers: boolean; readonly contents: boolean },
  ports: BuildPorts,
  options: BuildImageOptions,
): Promise<{ readonly image: StageImage; close(): Promise<void> }> {
  const source = await ports.bases.open(baseLocation(base, options.folder), platform);
  const closers = [() => source.close()];
  const close = async () => {
    for (const closer of closers) await closer();
  };
  try {
    const opened = await openLayers(source.layers, ports.store, { spool: need.contents });
    closers.unshift(() => opened.close());
    for (const { bytes, index } of opened.layers) identify(bytes, index.diffId);
    const layers: StageLayer[] = [];
    const passedOn = need.layers ? source.layers : [];
    for (const layer of passedOn) layers.push(await baseLayer(layer, base.kind, ports, options));
    const diffIds = source.layers.map(({ diffId }) => diffId);
    const root = baseRoot(opened.tree, diffIds, ports);
    return { image: { ...describe(source, options), tree: opened.tree, root, layers }, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

function describe(
  source: BaseImage,
  options: BuildImageOptions,
): Omit<StageImage, "tree" | "root" | "layers"> {
  const { config, rootfs, history, created: _, ...document } = source.config;
  const created = dateText(options.sourceDateEpoch ?? 0);
  return {
    document,
    config: config ?? {},
    annotations: {},
    history: baseHistory(history, rootfs.diff_ids.length, created),
    fromScratch: false,
  };
}

async function baseLayer(
  layer: BaseLayer,
  kind: LocalBase["kind"],
  ports: BuildPorts,
  options: BuildImageOptions,
): Promise<StageLayer> {
  const { diffId } = layer;
  const inherited = { description: "layer of the base", id: undefined, paths: undefined } as const;
  if (kind === "layout" || layer.encoding !== "none") {
    const descriptor = ociDescriptor(layer.descriptor);
    return {
      ...inherited,
      diffId,
      descriptor,
      blob: () => layer.blob(),
      uncompressedSize: undefined,
      cached: true,
    };
  }
  const { digest, size, uncompressedSize } = await compressTar(layer, ports, options);
  const descriptor = { mediaType: layerMediaType(options), digest, size };
  return {
    ...inherited,
    diffId,
    descriptor,
    blob: () => ports.store.read(digest, { transient: true, trustOwn: true }),
    uncompressedSize,
    cached: false,
  };
}

/** The media type of the layers that an encoder makes. */
export function layerMediaType({ encoder }: BuildImageOptions): string {
  const types = { gzip: mediaType.ociLayerGzip, zstd: mediaType.ociLayerZstd, none: mediaType.ociLayer };
  return types[encoder.encoding];
}
