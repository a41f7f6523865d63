import { canonicalJson } from "../core/json.js";
import { isLayerwrightError, PlanError } from "../errors/layerwright-error.js";
import { type BaseUse, baseAnnotations, LAYER_BASE_USE } from "../oci/base-annotations.js";
import type { Descriptor } from "../oci/manifest.js";
import { type Platform, platformText } from "../oci/platform.js";
import { stageKeys } from "../plan/address.js";
import { refuseTooManyLayers } from "../plan/layer-warnings.js";
import type { Plan, Stage } from "../plan/plan.js";
import type { FinishedImage } from "../ports/image-output.js";
import { neededStages, stagesOf } from "./check-plan.js";
import { configDocument, dateText, manifestDocument } from "./image-documents.js";
import type { BuildImageOptions, BuildPorts, Turns } from "./ports.js";
import { checkRuns } from "./run/check-runs.js";
import { imageSandbox } from "./run/image-sandbox.js";
import { sideBySide } from "./side-by-side.js";
import { buildStage, type StageContext, withOneLayer } from "./stages/build-stage.js";
import { Downloads } from "./stages/download.js";
import { looksIntoBase, vouchedFolders } from "./stages/looks-into-base.js";
import { baseImage, scratchImage } from "./stages/open-base.js";
import type { StageImage, StageLayer } from "./stages/stage-image.js";

/** The report of the direct build on a layer, bottom first. */
type LayerReport = Omit<StageLayer, "blob">;

/** An image that was built: its documents and layers, ready to be written, and what was done for it. */
export interface BuiltImage {
  /** Its sources, with all that is outside named by digest. */
  readonly plan: Plan;
  readonly image: FinishedImage;
  readonly layers: readonly LayerReport[];
  /** Closes the bases that inherited layers are read from; call it when the image is written. */
  close(): Promise<void>;
}

/**
 * The direct build: a plan becomes an OCI image, with no daemon. Refuses, before any work, plans with commands where
 * this machine cannot run them.
 */
export async function buildImage(
  plan: Plan,
  given: BuildPorts,
  options: BuildImageOptions,
): Promise<BuiltImage> {
  const own = given.sandbox === undefined ? undefined : imageSandbox(given.sandbox);
  const ports = own === undefined ? given : { ...given, sandbox: own.sandbox };
  const { order, packed } = neededStages(plan);
  refuseTooManyLayers(plan);
  await checkRuns(order, plan.platform, ports);
  options.signal?.throwIfAborted();
  const downloads = new Downloads(ports);
  const closers: (() => Promise<void>)[] = [() => downloads.close(), async () => own?.done()];
  const onOpen = (close: () => Promise<void>) => void closers.push(close);
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const images = new Map<string, StageImage>();
  const { platform } = plan;
  const keys = stageKeys(plan);
  const listedAt = Date.now();
  try {
    const forecast = options.forecast !== undefined;
    const together = {
      idOf: ({ id }: Stage) => id,
      needs: stagesOf,
      signal: options.signal,
      keepGoing: forecast,
    };
    await sideBySide(order, together, async (stage, signal) => {
      const isPacked = packed.has(stage.id) && !forecast;
      const stageOptions = { ...options, signal };
      const context: StageContext = {
        platform,
        ports,
        options: stageOptions,
        downloads,
        images,
        listedAt,
        onOpen,
        // From the end, where the image itself is: a stage more at the start moves none of the others.
        place: `${options.references?.[0] ?? ""} ${platformText(platform)} ${order.length - order.indexOf(stage)}`,
      };
      const looks = () =>
        looksIntoBase({
          stage,
          order,
          packed,
          files: ports.files,
          treeOf: (id) => images.get(id)?.tree,
        });
      const make = async () => {
        const base = await openInTurn(stage, options.turns, () =>
          openStageBase(stage, isPacked, context, looks),
        );
        const isBottom = stage.base.kind !== "stage" && stage.squash !== "all";
        if (isPacked && isBottom) refuseTooManyLayers(plan, base.layers.length);
        return buildStage(stage, base, isPacked, context);
      };
      const { turns } = options;
      const key = keys.get(stage.id) ?? stage.id;
      const made = turns === undefined || stage.layers.length === 0 ? make() : turns.take(key, make);
      const image = await made;
      const isImage = isPacked && stage === order.at(-1);
      images.set(stage.id, isImage ? await withOneLayer(image, stage, context) : image);
    });
    await own?.done();
    const last = images.get(order.at(-1)!.id)!;
    const layers = last.layers.map(({ blob: _, ...report }) => report);
    return { plan, image: finish(last, platform, options), layers, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

/** Fetches and reads once what a base from outside needs, also where many images stand on it. */
function openInTurn(
  { base }: Stage,
  turns: Turns | undefined,
  open: () => Promise<StageImage>,
): Promise<StageImage> {
  const own = base.kind === "stage" || base.kind === "scratch";
  return own || turns === undefined ? open() : turns.take(`base ${canonicalJson(base)}`, open);
}

async function openStageBase(
  stage: Stage,
  isPacked: boolean,
  { platform, ports, options, images, onOpen }: StageContext,
  looks: () => Promise<boolean>,
): Promise<StageImage> {
  const { base, squash } = stage;
  if (base.kind === "stage") return images.get(base.stage)!;
  if (base.kind === "scratch") return scratchImage(platform, ports);
  const folders = base.kind === "registry" && !(await looks()) ? vouchedFolders(stage) : undefined;
  // The layers of a base are of use only where they are passed on.
  const melted = isPacked && squash === "all";
  const opened = await baseImage(
    base,
    platform,
    { layers: isPacked && !melted, contents: melted, folders },
    ports,
    options,
  );
  onOpen(opened.close);
  const { OnBuild: triggers, ...config } = opened.image.config;
  const trigger = triggers?.[0];
  if (trigger !== undefined && stage.triggered !== true) {
    const named = base.kind === "registry" ? base.reference : base.path;
    const reason = "nobody looked at the base before the build";
    throw new PlanError(
      "BASE_ONBUILD",
      { base: named, trigger, reason },
      { subject: named, origin: stage.origin },
    );
  }
  return { ...opened.image, config };
}

function finish(stage: StageImage, platform: Platform, options: BuildImageOptions): FinishedImage {
  const config = configDocument({
    ...stage.document,
    created: dateText(options.sourceDateEpoch ?? 0),
    config: stage.config,
    history: stage.history,
    rootfs: { type: "layers", diff_ids: stage.layers.map(({ diffId }) => diffId) },
  });
  const descriptors = stage.layers.map(({ descriptor, baseUse }) => withBaseUse(descriptor, baseUse));
  const ofBase = stage.base === undefined ? {} : baseAnnotations(stage.base);
  // What the user says of the base is stronger.
  const document = manifestDocument(config.descriptor, descriptors, { ...ofBase, ...stage.annotations });
  const manifest = { ...document, descriptor: { ...document.descriptor, platform } };
  const layers = stage.layers.map(({ diffId, descriptor, heldBy, blob }) => ({
    diffId,
    descriptor,
    blob,
    ...(heldBy === undefined ? {} : { heldBy }),
  }));
  return { references: options.references ?? [], config, manifest, layers };
}

/** The descriptor of a layer as the manifest has it: with what it took from the base, for `rebase` to read. */
function withBaseUse(descriptor: Descriptor, use: BaseUse | undefined): Descriptor {
  if (use === undefined) return descriptor;
  return { ...descriptor, annotations: { ...descriptor.annotations, [LAYER_BASE_USE]: use } };
}

/**
 * Builds and writes once more when a blob of the store turned out damaged or gone on the way: the store dropped it,
 * so the second build makes it anew. A damaged store costs time and never a build.
 */
export async function retryOnDamage<Result>(buildAndWrite: () => Promise<Result>): Promise<Result> {
  try {
    return await buildAndWrite();
  } catch (error) {
    if (!isLayerwrightError(error) || (error.code !== "BLOB_DAMAGED" && error.code !== "BLOB_MISSING"))
      throw error;
    return buildAndWrite();
  }
}
