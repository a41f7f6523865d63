import type { Plan } from "../plan/plan.js";
import type { FinishedImage } from "../ports/image-output.js";
import { neededStages } from "./check-plan.js";
import { configDocument, manifestDocument } from "./documents/image-documents.js";
import type { BuildImageOptions, BuildPorts } from "./ports.js";
import { dateText } from "./source-date.js";
import { buildStage, type StageContext } from "./stages/build-stage.js";
import { Downloads } from "./stages/download.js";
import { baseImage, scratchImage } from "./stages/open-base.js";
import type { StageImage, StageLayer } from "./stages/stage-image.js";

/** What the direct build says of a layer, bottom first. */
export type LayerReport = Omit<StageLayer, "blob">;

/** An image that was built: its documents and layers, ready to be written, and what was done for it. */
export interface BuiltImage {
  readonly image: FinishedImage;
  readonly layers: readonly LayerReport[];
  /** Closes the bases that inherited layers are read from; call it when the image is written. */
  close(): Promise<void>;
}

/**
 * The direct build: a plan becomes an OCI image, with no daemon and nothing run. Refuses, before any work, plans
 * with commands to run and bases in a registry.
 */
export async function buildImage(
  plan: Plan,
  ports: BuildPorts,
  options: BuildImageOptions,
): Promise<BuiltImage> {
  const { order, packed } = neededStages(plan);
  options.signal?.throwIfAborted();
  const downloads = new Downloads(ports);
  const closers: (() => Promise<void>)[] = [() => downloads.close()];
  const close = async () => {
    for (const closer of closers.splice(0)) await closer();
  };
  const images = new Map<string, StageImage>();
  const { platform } = plan;
  const context: StageContext = { platform, ports, options, downloads, images, listedAt: Date.now() };
  try {
    let last = scratchImage(platform);
    for (const stage of order) {
      // The layers of a base are of use only where they are passed on.
      const melted = packed.has(stage.id) && stage.squash === "all";
      const need = { layers: packed.has(stage.id) && !melted, contents: melted };
      let base = scratchImage(platform);
      if (stage.base.kind === "stage") base = images.get(stage.base.stage)!;
      else if (stage.base.kind !== "scratch" && stage.base.kind !== "registry") {
        const opened = await baseImage(stage.base, platform, need, ports, options);
        closers.push(opened.close);
        base = opened.image;
      }
      last = await buildStage(stage, base, packed.has(stage.id), context);
      images.set(stage.id, last);
    }
    const layers = last.layers.map(({ blob: _, ...report }) => report);
    return { image: finish(last, options), layers, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

function finish(stage: StageImage, options: BuildImageOptions): FinishedImage {
  const config = configDocument({
    ...stage.document,
    created: dateText(options.sourceDateEpoch ?? 0),
    config: stage.config,
    history: stage.history,
    rootfs: { type: "layers", diff_ids: stage.layers.map(({ diffId }) => diffId) },
  });
  const descriptors = stage.layers.map(({ descriptor }) => descriptor);
  const manifest = manifestDocument(config.descriptor, descriptors, stage.annotations);
  const layers = stage.layers.map(({ diffId, descriptor, blob }) => ({ diffId, descriptor, blob }));
  return { references: options.references ?? [], config, manifest, layers };
}
