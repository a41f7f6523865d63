import { resolve } from "node:path";
import { type BaseIdentity, baseName } from "../../oci/base-annotations.js";
import type { Digest } from "../../oci/digest.js";
import { mediaType } from "../../oci/manifest.js";
import type { Platform } from "../../oci/platform.js";
import { fromScratch, scratchConfig, withSearchPath } from "../../plan/config.js";
import type { PlanBase } from "../../plan/plan.js";
import type { BaseImage, BaseLayer, BaseLocation } from "../../ports/base-source.js";
import { openBase as openLayers } from "../../rootfs/base-tree.js";
import { DraftTree } from "../../rootfs/draft-tree.js";
import { identify } from "../../rootfs/layer-items.js";
import type { FolderNode } from "../../rootfs/tree.js";
import { emptyTree } from "../../rootfs/tree.js";
import { baseHistory, dateText, ociDescriptor } from "../image-documents.js";
import { compressTar } from "../pack/compress-tar.js";
import type { BuildImageOptions, BuildPorts } from "../ports.js";
import { baseRoot } from "../run/root-chain.js";
import type { StageImage, StageLayer } from "./stage-image.js";

/** A base that is an image, or a root file system, of its own. */
export type OpenableBase = Extract<PlanBase, { kind: "layout" | "archive" | "rootfs" | "registry" }>;

/** The location of a base; a path is absolute. */
export function baseLocation(base: OpenableBase, folder: string): BaseLocation {
  if (base.kind === "registry") {
    const { kind, reference, digest } = base;
    return digest === undefined ? { kind, reference } : { kind, reference, digest };
  }
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

/** The parts of a base that are needed. */
interface BaseNeed {
  /** True when its layers are passed on. */
  readonly layers: boolean;
  /** True when the contents of its files will be read. */
  readonly contents: boolean;
  /** The directories that are all that the steps need to know of it; undefined where they look into it. */
  readonly folders?: ReadonlySet<string> | undefined;
}

/** Opens a base. Its layers are passed on byte for byte, but for plain tars of this machine's disk, which are compressed. */
export async function baseImage(
  base: OpenableBase,
  platform: Platform,
  need: BaseNeed,
  ports: BuildPorts,
  options: BuildImageOptions,
): Promise<{ readonly image: StageImage; close(): Promise<void> }> {
  const source = await ports.bases.open(baseLocation(base, options.folder), platform);
  const closers = [() => source.close()];
  const close = async () => {
    for (const closer of closers) await closer();
  };
  const openTree = async () => {
    const opened = await openLayers(source.layers, ports.store, { spool: need.contents });
    closers.unshift(() => opened.close());
    for (const { bytes, index } of opened.layers) identify(bytes, index.diffId);
    return opened.tree;
  };
  try {
    const tree = need.folders === undefined ? await openTree() : foldersTree(need.folders);
    const layers: StageLayer[] = [];
    const passedOn = need.layers ? source.layers : [];
    for (const layer of passedOn) layers.push(await baseLayer(layer, base.kind, ports, options));
    const diffIds = source.layers.map(({ diffId }) => diffId);
    const root = baseRoot(tree, diffIds, ports);
    const described = describe(source, options);
    const from = baseIdentity(base, source.digest);
    if (from === undefined) return { image: { ...described, tree, root, layers }, close };
    const stageBase = { ...from, tree: need.folders === undefined ? tree : undefined };
    return { image: { ...described, tree, root, layers, base: stageBase }, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

/** The base that an image names: only those in registries can be found by others. */
function baseIdentity(base: OpenableBase, digest: Digest | undefined): BaseIdentity | undefined {
  if (base.kind !== "registry" || digest === undefined) return undefined;
  return { digest, name: baseName(base.reference) };
}

/** A tree of which only some directories are known. */
function foldersTree(folders: ReadonlySet<string>): FolderNode {
  const draft = new DraftTree(emptyTree());
  for (const folder of folders) draft.writable(folder);
  return draft.tree;
}

function describe(
  source: BaseImage,
  options: BuildImageOptions,
): Omit<StageImage, "tree" | "root" | "layers"> {
  const { config, rootfs, history, created: _, ...document } = source.config;
  const created = dateText(options.sourceDateEpoch ?? 0);
  return {
    document,
    config: withSearchPath(config ?? {}),
    annotations: {},
    history: baseHistory(history, rootfs.diff_ids.length, created),
    fromScratch: false,
  };
}

async function baseLayer(
  layer: BaseLayer,
  kind: OpenableBase["kind"],
  ports: BuildPorts,
  options: BuildImageOptions,
): Promise<StageLayer> {
  const { diffId } = layer;
  const inherited = { description: "layer of the base", id: undefined, paths: undefined } as const;
  const { heldBy } = layer;
  // What a registry has is passed on as it is, so that it is the same blob there.
  if (kind === "layout" || kind === "registry" || layer.encoding !== "none") {
    const descriptor = ociDescriptor(layer.descriptor);
    return {
      ...inherited,
      diffId,
      descriptor,
      blob: (reading) => layer.blob(reading),
      ...(heldBy === undefined ? {} : { heldBy }),
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
    blob: (reading) => ports.store.read(digest, { ...reading, size, trustOwn: true }),
    uncompressedSize,
    cached: false,
  };
}

/** The media type of the layers that an encoder makes. */
export function layerMediaType({ encoder }: BuildImageOptions): string {
  const types = { gzip: mediaType.ociLayerGzip, zstd: mediaType.ociLayerZstd, none: mediaType.ociLayer };
  return types[encoder.encoding];
}
