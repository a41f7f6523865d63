import { withOrigin } from "../../errors/with-origin.js";
import type { Platform } from "../../oci/platform.js";
import { annotationsOf, applyConfig, fromScratch } from "../../plan/config.js";
import { commandText, describeOperation } from "../../plan/operation.js";
import type { Layer, Stage } from "../../plan/plan.js";
import { applyOperation, type Fetch } from "../../rootfs/apply-operation.js";
import type { LayerState } from "../../rootfs/draft-tree.js";
import { DraftTree } from "../../rootfs/draft-tree.js";
import type { LayerItem } from "../../rootfs/entries.js";
import { flattenTree } from "../../rootfs/entries.js";
import { layerItems } from "../../rootfs/layer-items.js";
import { resolveOwner } from "../../rootfs/owners.js";
import { configHistory, dateText, layerHistory, layerText } from "../image-documents.js";
import { makeLayer } from "../pack/make-layer.js";
import type { BuildImageOptions, BuildPorts } from "../ports.js";
import type { Cleaned } from "../run/command-output.js";
import { keepFreedBytes } from "../run/remembered-run.js";
import type { RootState } from "../run/root-chain.js";
import { baseUseOf } from "./base-use.js";
import type { Downloads } from "./download.js";
import { layerMediaType } from "./open-base.js";
import type { StageImage, StageLayer } from "./stage-image.js";

/** The state that the stages of one build share. */
export interface StageContext {
  readonly platform: Platform;
  readonly ports: BuildPorts;
  readonly options: BuildImageOptions;
  readonly downloads: Downloads;
  /** Finished stages by id. */
  readonly images: ReadonlyMap<string, StageImage>;
  /** The time at which the build began, before any file was listed: milliseconds since the epoch. */
  readonly listedAt: number;
  /** The stage, under a name that stays the same when its content changes. */
  readonly place: string;
  /** Told what is to be closed when the image is written. */
  readonly onOpen: (close: () => Promise<void>) => void;
}

/** The progress of a stage: its last state that a command could start from, and what happened to it since. */
interface StageProgress {
  root: RootState;
  since: string[];
  commands: number;
  cleaned: readonly Cleaned[];
}

/** Builds one stage on its base: its files, and its layers where they end up in the image. */
export async function buildStage(
  stage: Stage,
  base: StageImage,
  packed: boolean,
  context: StageContext,
): Promise<StageImage> {
  const created = dateText(context.options.sourceDateEpoch ?? 0);
  const melted = stage.squash === "all";
  const layers: StageLayer[] = melted ? [] : [...base.layers];
  const history = melted ? [] : [...base.history];
  let { tree } = base;
  const progress: StageProgress = { root: base.root, since: [], commands: 0, cleaned: base.cleaned ?? [] };
  for (const layer of stage.layers) {
    const draft = new DraftTree(tree);
    await applyLayer(layer, draft, base, progress, context);
    tree = draft.tree;
    if (!packed || melted) continue;
    const portable = layer.portable === true;
    const items = layerItems(draft, { mtime: context.options.sourceDateEpoch ?? 0, portable });
    // What changes nothing is no layer.
    if (items.length === 0) continue;
    const made = await packItems(items, layer, context);
    const baseUse = base.base && (await baseUseOf(layer, base.base.tree, draft.lower, items));
    layers.push(baseUse === undefined ? made : { ...made, baseUse });
    history.push(layerHistory(layer, created));
  }
  if (packed && melted) {
    const operations = stage.layers.flatMap((layer) => layer.operations);
    const whole: Layer = { id: `${stage.id}:all`, operations, name: "squashed" };
    const items = flattenTree(tree, { mtime: context.options.sourceDateEpoch ?? 0 });
    if (items.length > 0) {
      layers.push(await packItems(items, whole, context));
      history.push(layerHistory(whole, created));
    }
  }
  history.push(...configHistory(stage.config, created));
  return {
    tree,
    root: progress.root,
    layers,
    history,
    document: base.document,
    cleaned: progress.cleaned,
    config: applyConfig(melted ? fromScratch(base.config) : base.config, stage.config),
    annotations: { ...base.annotations, ...annotationsOf(stage.config) },
    base: melted ? undefined : base.base,
    fromScratch: base.fromScratch,
  };
}

/**
 * The image with an empty layer where it would have none: the schema of OCI manifests wants one at least, and registries
 * refuse a manifest without.
 */
export async function withOneLayer(
  image: StageImage,
  { id }: Stage,
  context: StageContext,
): Promise<StageImage> {
  if (image.layers.length > 0) return image;
  const layer: Layer = { id: `${id}:empty`, operations: [], name: "empty" };
  const created = dateText(context.options.sourceDateEpoch ?? 0);
  return {
    ...image,
    layers: [await packItems([], layer, context)],
    history: [...image.history, layerHistory(layer, created)],
  };
}

async function applyLayer(
  layer: Layer,
  draft: DraftTree,
  base: StageImage,
  progress: StageProgress,
  context: StageContext,
): Promise<void> {
  const { platform, ports, options, downloads, images, listedAt, onOpen } = context;
  const { config, fromScratch } = base;
  const state: LayerState = {
    draft,
    platform,
    files: ports.files,
    fromScratch,
    stageTree: (id) => images.get(id)!.tree,
    idsOf: (owner, origin) => resolveOwner(draft.tree, owner, origin),
  };
  const fetch: Fetch = (url, sha256) => downloads.fetch(url, sha256, options.signal);
  for (const [at, operation] of layer.operations.entries()) {
    options.signal?.throwIfAborted();
    if (operation.op === "run" || operation.op === "hostRun") {
      const stageRoot = (id: string) => images.get(id)!.root;
      const { root, since } = progress;
      const place = `${options.folder} ${context.place} ${progress.commands++}`;
      let freed = 0;
      const run = {
        onFreed: (bytes: number) => {
          freed += bytes;
        },
        state,
        ports,
        options,
        platform,
        config,
        listedAt,
        onOpen,
        stageRoot,
        root,
        since,
        place,
        cleaned: progress.cleaned,
      };
      progress.root = await withOrigin(operation.origin, async () => {
        if (operation.op === "run") return (await import("../run/run-command.js")).runCommand(operation, run);
        return (await import("../run/run-on-host.js")).runOnHost(operation, run);
      });
      progress.since = [];
      const mayFree = operation.op === "run" && (at > 0 || operation.cleaned?.apart !== undefined);
      if (mayFree && options.forecast === undefined) await keepFreedBytes(layer, at, freed, ports.store);
      if (operation.op === "run" && operation.cleaned !== undefined) {
        const { cleaned, command, origin } = operation;
        const { managers } = cleaned;
        progress.cleaned = [...progress.cleaned, { managers, command: commandText(command, 40), origin }];
      }
    } else {
      await applyOperation(state, operation, fetch);
      progress.since.push(describeOperation(operation));
    }
  }
}

async function packItems(
  items: readonly LayerItem[],
  layer: Layer,
  context: StageContext,
): Promise<StageLayer> {
  const { ports, options, listedAt } = context;
  const description = layerText(layer);
  options.signal?.throwIfAborted();
  // The command itself was told already.
  const ran = layer.operations.some(({ op }) => op === "run" || op === "hostRun");
  const label = ran ? `pack ${description}` : description;
  ports.progress?.report({ kind: "start", id: layer.id, label });
  const made = await makeLayer(items, { id: layer.id, label: description }, listedAt, ports, options);
  const { diffId, digest, size, uncompressedSize, cached } = made;
  ports.progress?.report({ kind: "finish", id: layer.id, label, cached });
  const descriptor = { mediaType: layerMediaType(options), digest, size };
  const blob: StageLayer["blob"] = (reading) =>
    ports.store.read(digest, { ...reading, size, trustOwn: true });
  return {
    diffId,
    descriptor,
    blob,
    description,
    id: layer.id,
    paths: items.length,
    uncompressedSize,
    cached,
  };
}
