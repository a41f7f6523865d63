import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  BlobFetcher,
  referenceText,
  remoteReader,
  storedDocument,
} from "../adapters/bases/registry-bases.js";
import { LayerObserver, lineOfPath } from "../analyze/layer-observer.js";
import type { ObservedImage } from "../analyze/observed-image.js";
import type { BuiltImage } from "../engine/build-image.js";
import { isLayerwrightError } from "../errors/layerwright-error.js";
import { listImages } from "../oci/choose-image.js";
import { type ImageConfig, withoutNulls } from "../oci/image-config.js";
import { type ImageManifest, layerEncodingOf } from "../oci/manifest.js";
import { hostPlatform, type Platform } from "../oci/platform.js";
import type { Reference } from "../oci/reference.js";
import type { Operation } from "../plan/operation.js";
import type { Plan, Stage } from "../plan/plan.js";
import type { BaseImage, BaseSource, OpenOptions } from "../ports/base-source.js";
import { type BuildJob, type BuildSettings, withBuiltImages } from "./build.js";
import { platformOf } from "./prepare/prepare.js";
import { type Workspace, withWorkspace } from "./workspace.js";

/** An image of a catalog that is to be built and looked at. */
export interface ObservedJob extends BuildJob {
  readonly name: string;
}

/** Where an image is that somebody made: an archive or a layout on disk, or a reference of a registry. */
type FoundPlace =
  | { readonly kind: "disk"; readonly path: string; readonly tag?: string }
  | { readonly kind: "registry"; readonly reference: string };

/** How images that were found are looked at. */
interface FoundSettings extends Omit<BuildSettings, "compression"> {
  /** Which image of an index. @default - linux on this machine's processor, else the only one there is */
  readonly platform?: string;
}

/**
 * Builds images into the store, where what did not change is at hand, and hands them over to be looked at; nothing is
 * written elsewhere.
 *
 * @param use gets the images in the order of the jobs, which can be read until it is done
 */
export async function withObservedJobs<Result>(
  jobs: readonly ObservedJob[],
  settings: BuildSettings,
  use: (images: readonly ObservedImage[], workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const observe = async (built: readonly BuiltImage[], workspace: Workspace) => {
    const observer = new LayerObserver(workspace.store);
    const images: ObservedImage[] = [];
    for (const [at, one] of built.entries()) images.push(await observeBuilt(one, jobs[at]!.name, observer));
    return use(images, workspace);
  };
  return withBuiltImages(jobs, settings, observe);
}

/** A built image as the analyses see it. */
export async function observeBuilt(
  { image, layers, plan }: BuiltImage,
  name: string,
  observer: LayerObserver,
): Promise<ObservedImage> {
  const planned = plannedLayers(plan);
  const own = new Set(plan.stages.at(-1)?.layers.map(({ id }) => id));
  const melted = plan.stages.at(-1)?.squash === "all";
  const observed = image.layers.map((layer, at) => {
    const { id, description, uncompressedSize } = layers[at]!;
    const made = id === undefined ? undefined : planned.get(id);
    return observer.observe(
      { ...layer, encoding: layerEncodingOf(layer.descriptor.mediaType) },
      {
        description,
        planLayer: id,
        uncompressedSize,
        inherited: !melted && (id === undefined || !own.has(id)),
        outside: id === undefined,
        ...(made === undefined ? {} : { originOf: (path) => lineOfPath(path, made, made.foreign) }),
      },
    );
  });
  return {
    name,
    platform: plan.platform,
    digest: image.manifest.descriptor.digest,
    config: withoutNulls(JSON.parse(Buffer.from(image.config.bytes).toString("utf8")) as ImageConfig),
    layers: await Promise.all(observed),
    plan,
  };
}

/** Opens images that somebody made, and hands them over to be looked at. */
export async function withFoundImages<Result>(
  places: readonly FoundPlace[],
  settings: FoundSettings,
  use: (images: readonly ObservedImage[], workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  return withWorkspace(settings, async (workspace) => {
    const observer = new LayerObserver(workspace.store);
    const platform = settings.platform === undefined ? hostPlatform() : platformOf(settings.platform);
    const open = { acceptOnly: settings.platform === undefined };
    const opened: BaseImage[] = [];
    try {
      const images: ObservedImage[] = [];
      for (const place of places) {
        const image = await openPlace(place, platform, open, workspace);
        opened.push(image);
        images.push(await observeFound(image, placeName(place), observer));
      }
      return await use(images, workspace);
    } finally {
      for (const image of opened) await image.close();
    }
  });
}

async function openPlace(
  place: FoundPlace,
  platform: Platform,
  options: OpenOptions,
  { bases }: Workspace,
): Promise<BaseImage> {
  if (place.kind === "registry") return bases.open(place, platform, options);
  return (await openFound(bases, resolve(place.path), place.tag, platform, options)).image;
}

function placeName(place: FoundPlace): string {
  return place.kind === "registry" ? place.reference : place.path;
}

/** An image that was found, as the analyses see it. */
async function observeFound(image: BaseImage, name: string, observer: LayerObserver): Promise<ObservedImage> {
  const told = (image.config.history ?? []).filter((entry) => entry.empty_layer !== true);
  const { os, architecture, variant } = image.config;
  const layers = image.layers.map((layer, at) =>
    observer.observe(layer, { description: told[at]?.created_by, inherited: false }),
  );
  return {
    name,
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    config: image.config,
    layers: await Promise.all(layers),
    ...(image.digest === undefined ? {} : { digest: image.digest }),
  };
}

/** What is known of how a layer was made. */
interface PlannedLayer {
  readonly operations: readonly Operation[];
  /** True when it also has files that no operation of the plan wrote: those of a base that `"all"` melted in. */
  readonly foreign: boolean;
}

/** The layers of a plan by id. What `"all"` melts into one layer has an id of its own. */
function plannedLayers({ stages }: Plan): ReadonlyMap<string, PlannedLayer> {
  const layers = new Map<string, PlannedLayer>();
  for (const stage of stages) {
    for (const { id, operations } of stage.layers) layers.set(id, { operations, foreign: false });
    layers.set(`${stage.id}:all`, meltedLayer(stage, stages));
  }
  return layers;
}

function meltedLayer({ base, layers }: Stage, stages: readonly Stage[]): PlannedLayer {
  const own = layers.flatMap(({ operations }) => operations);
  if (base.kind !== "stage") return { operations: own, foreign: base.kind !== "scratch" };
  const below = meltedLayer(stages.find(({ id }) => id === base.stage)!, stages);
  return { operations: [...below.operations, ...own], foreign: below.foreign };
}

/**
 * The path that a text means, or undefined: what is written as one (`./app`, `/tmp/app`, `app.tar`), and what has a
 * slash and is a file or a layout. A directory of sources may be called as an image is, `api/server`.
 */
export function diskPath(text: string): string | undefined {
  const archive = /\.tar(\.|$)/.test(text);
  if ((/[\\/]/.test(text) || archive || text === ".") && isImageAt(text)) return text;
  return archive || /^\.{0,2}\//.test(text) ? text : undefined;
}

function isImageAt(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true || existsSync(join(path, "index.json"));
}

/** Where the image is that a text names: a path, or else a reference. */
export function findPlace(text: string): FoundPlace {
  const path = diskPath(text);
  return path === undefined ? { kind: "registry", reference: text } : { kind: "disk", path };
}

/** How an image on disk is kept. */
export type FoundFormat = "OCI" | "docker archive";

/** Opens an image on disk. An archive may be either form; one that is both is read as OCI, which says more. */
export async function openFound(
  bases: BaseSource,
  path: string,
  tag: string | undefined,
  platform: Platform,
  options?: OpenOptions,
): Promise<{ image: BaseImage; format: FoundFormat }> {
  const where = { path, ...(tag === undefined ? {} : { tag }) };
  try {
    return { image: await bases.open({ kind: "layout", ...where }, platform, options), format: "OCI" };
  } catch (error) {
    // Only "this is no layout", or one of nothing, leads on; a tag that is not there or damage is the answer.
    if (!isLayerwrightError(error) || (error.code !== "BASE_KIND_WRONG" && error.code !== "BASE_EMPTY"))
      throw error;
    try {
      const image = await bases.open({ kind: "archive", ...where }, platform, options);
      return { image, format: "docker archive" };
    } catch (second) {
      throw isLayerwrightError(second) && second.code === "BASE_KIND_WRONG" ? error : second;
    }
  }
}

/** One image that a reference leads to, for one platform. */
export interface RegistryImage {
  readonly platform: Platform;
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly image: BaseImage;
}

/** Everything that a reference leads to: an image a platform. Attestations are left out, as they are of other bytes. */
export async function registryImages(
  reference: Reference,
  { bases, registry, store }: Pick<Workspace, "bases" | "registry" | "store">,
): Promise<{
  readonly digest: string;
  readonly images: readonly RegistryImage[];
}> {
  const { domain, path } = reference;
  const tools = { store, registry };
  const fetcher = new BlobFetcher(store, registry, undefined);
  const top = await storedDocument(tools, reference);
  const reader = remoteReader(referenceText(reference), top, {
    document: (digest) => storedDocument(tools, { domain, path, digest }),
    config: (descriptor) => fetcher.read(reference, descriptor),
  });
  const images: RegistryImage[] = [];
  for (const { descriptor, platform, read } of await listImages([top.descriptor], reader)) {
    const { digest } = descriptor;
    const { manifest } = await read();
    const location = { kind: "registry" as const, reference: `${domain}/${path}`, digest };
    images.push({
      platform,
      digest,
      manifest: manifest.value,
      image: await bases.open(location, platform, { acceptOnly: true }),
    });
  }
  return { digest: top.descriptor.digest, images };
}
