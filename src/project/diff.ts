import {
  type CompareOptions,
  compareImages,
  type ImageDifference,
} from "../analyze/difference/image-difference.js";
import type { ComparedImage, ComparedLayer } from "../analyze/difference/opened-layers.js";
import { LayerObserver } from "../analyze/layer-observer.js";
import type { ObservedImage } from "../analyze/observed-image.js";
import { isLayerwrightError } from "../errors/layerwright-error.js";
import type { Image } from "../image/image.js";
import type { BlobStore } from "../ports/blob-store.js";
import { decideLayers } from "./gate/gate.js";
import { type BuiltLayerRecord, type BuiltRecord, lastBuilt, observeLastBuilt } from "./last-built.js";
import { findPlace, type ObservedJob, withFoundImages, withObservedJobs } from "./observe.js";
import type { BuildOptions } from "./options.js";
import { openProject } from "./project.js";
import type { Workspace } from "./workspace.js";

/** How two images are compared: as a build makes those that are described, and what counts. */
export interface DiffOptions extends Omit<BuildOptions, "output" | "reference"> {
  /** True when times count: of the config, of its history, of files. @default - false */
  readonly times?: boolean;
}

/** Builds or opens both images, and compares them. */
export async function diffOperands(
  before: Image | string,
  after: Image | string,
  options: DiffOptions,
): Promise<ImageDifference> {
  const { platform, context, times, ...settings } = options;
  const planned = {
    ...(platform === undefined ? {} : { platform }),
    ...(context === undefined ? {} : { context }),
  };
  const sides = [
    { name: "before", operand: before },
    { name: "after", operand: after },
  ];
  const jobs: ObservedJob[] = [];
  // Two versions of one image are no catalog: each is what it is without the other.
  for (const { name, operand } of sides) {
    if (typeof operand === "string") continue;
    const project = await openProject(operand, {
      ...options,
      platforms: platform === undefined ? undefined : [platform],
    });
    await decideLayers(project, { ...settings, context });
    jobs.push({ name, plan: project.images[0]!.plans[0]!.optimized.plan, references: [] });
  }
  const places = sides.flatMap(({ operand }) => (typeof operand === "string" ? [findPlace(operand)] : []));
  return withFoundImages(places, { ...settings, ...planned }, (found) =>
    withObservedJobs(jobs, { ...settings, ...(context === undefined ? {} : { context }) }, (built) => {
      const [rest, made] = [[...found], [...built]];
      const [left, right] = sides.map(({ operand }) => (typeof operand === "string" ? rest : made).shift()!);
      return compareImages(left!, right!, { times });
    }),
  );
}

/** Compares an image of a catalog with what was built last; undefined for one that never was, or not with this store. */
export async function diffLastBuilt(
  now: ObservedImage,
  catalog: string,
  { context, store }: Pick<Workspace, "context" | "store">,
  options: CompareOptions = {},
): Promise<ImageDifference | undefined> {
  const knownAs = `${catalog}/${now.name}`;
  const record = await lastBuilt(store, { context, knownAs, platform: now.platform });
  return record && compareImages(await rememberedImage(record, now, store), now, options);
}

/** The image of the last build. Layers that the image now has too are read there: their blobs need not be in the store. */
async function rememberedImage(
  record: BuiltRecord,
  now: ObservedImage,
  store: BlobStore,
): Promise<ComparedImage> {
  const { name, platform } = now;
  const observer = new LayerObserver(store);
  const layers = record.layers.map(async (layer): Promise<ComparedLayer> => {
    const twin = now.layers.find(({ diffId }) => diffId === layer.diffId);
    if (twin !== undefined) return { ...twin, ...aboutRecord(layer) };
    try {
      const one = await observeLastBuilt({ ...record, layers: [layer] }, name, platform, store, observer);
      return one.layers[0]!;
    } catch (error) {
      if (!isLayerwrightError(error) || error.code !== "BLOB_MISSING") throw error;
      // Its size cannot be asked for, but all else that is recorded can be compared.
      const missing = () => Promise.reject(error);
      const { diffId } = layer;
      return { diffId, ...aboutRecord(layer), entries: missing, open: missing, originOf: () => undefined };
    }
  });
  const { digest, config } = record;
  return { name, platform, digest, config, layers: await Promise.all(layers) };
}

function aboutRecord({ descriptor, description, inherited }: BuiltLayerRecord) {
  return { digest: descriptor.digest, size: descriptor.size, description, inherited };
}
