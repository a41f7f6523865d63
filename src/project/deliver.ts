import { resolve } from "node:path";
import type { Writable } from "node:stream";
import { withNotedOutputs } from "../adapters/files-node/written-outputs.js";
import { writeFileAtomically } from "../adapters/output-disk/atomic-file.js";
import { type ByteSink, guardStream, streamSink } from "../adapters/output-disk/byte-sink.js";
import { createDiskOutput } from "../adapters/output-disk/disk-output.js";
import type { BuiltImage } from "../engine/build-image.js";
import { DefinitionError, PlanError } from "../errors/layerwright-error.js";
import { flattenTree } from "../layer/entries.js";
import { toTarItems } from "../layer/layer-item.js";
import { openBase } from "../layer/open-layer.js";
import { imageIndex } from "../oci/image-index.js";
import { layerEncodingOf } from "../oci/media-type.js";
import { platformText } from "../oci/platform.js";
import { toldOnce } from "../plan/passes/pass.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { Plan } from "../plan/plan.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { FinishedImage, ImageOutput } from "../ports/image-output.js";
import type { Progress } from "../ports/progress.js";
import { tarBlocks } from "../tar/tar-blocks.js";
import { type BuildJob, type BuildSettings, withBuiltGroups, withBuiltImages } from "./build.js";
import { type BuildOptions, type BuildResult, holdsPlatforms, type OutputTarget } from "./options.js";
import { fullReference } from "./references.js";
import type { Workspace } from "./workspace.js";

/** One plan of an image, and who is told how its build goes. */
export interface PlatformPlan {
  readonly optimized: OptimizedPlan;
  readonly progress?: Progress | undefined;
  /** As in `BuildJob`. */
  readonly knownAs?: string | undefined;
}

/** Builds one plan; what the command line calls for plans that came from the user's file. */
export async function buildPlan(optimized: OptimizedPlan, options: BuildOptions): Promise<BuildResult> {
  const [result] = await buildPlatforms([{ optimized }], options);
  return result!;
}

/** The plans of one image, one a platform, and where the image goes. */
export interface ImagePlans {
  readonly output: string | OutputTarget | undefined;
  readonly reference: string | undefined;
  readonly plans: readonly PlatformPlan[];
}

/**
 * Builds the plans of one image, one a platform, and writes them at once: several become an index.
 *
 * @throws {PlanError} OUTPUT_PLATFORMS when the output holds one platform only
 */
export async function buildPlatforms(
  plans: readonly PlatformPlan[],
  options: BuildOptions,
): Promise<BuildResult[]> {
  const { output, reference, ...settings } = options;
  const [results] = await buildEach([{ plans, output, reference }], settings);
  return results!;
}

/**
 * Builds images side by side, and writes each as soon as all its platforms are there.
 *
 * @throws {PlanError} OUTPUT_PLATFORMS before anything is built
 */
export async function buildEach(
  images: readonly ImagePlans[],
  settings: BuildSettings,
): Promise<BuildResult[][]> {
  const said = new Set<string>();
  return (await buildGroups(images, settings)).map((results) => toldOnce(results, said));
}

async function buildGroups(images: readonly ImagePlans[], settings: BuildSettings): Promise<BuildResult[][]> {
  const groups = images.map((image): ImageGroup => {
    const references = image.reference === undefined ? [] : [fullReference(image.reference)];
    const jobs = image.plans.map(({ optimized, progress, knownAs }) => {
      return { plan: optimized.plan, references, progress, knownAs };
    });
    return { ...image, references, jobs, target: targetOf(image) };
  });
  const written = groups.flatMap(({ target }) =>
    target === undefined || target.dest === "-" ? [] : target.dest,
  );
  return withNotedOutputs(settings.context ?? ".", written, () => buildNoted(groups, settings));
}

async function buildNoted(groups: readonly ImageGroup[], settings: BuildSettings): Promise<BuildResult[][]> {
  const dests = groups.flatMap(({ target }) => (target?.type === "layout" ? resolve(target.dest) : []));
  if (new Set(dests).size === dests.length) return withBuiltGroups(groups, settings, writeImage);
  // One layout holds several, in the order that they were given in, whichever was built first.
  const jobs = groups.flatMap((group) => group.jobs);
  return withBuiltImages(jobs, settings, async (built, workspace) => {
    const results: BuildResult[][] = [];
    let next = 0;
    for (const group of groups) {
      const own = built.slice(next, next + group.jobs.length);
      next += own.length;
      results.push(await writeImage(own, group, workspace));
    }
    return results;
  });
}

interface ImageGroup extends ImagePlans {
  readonly jobs: readonly BuildJob[];
  readonly references: readonly string[];
  readonly target: OutputTarget | undefined;
}

/** Writes the platforms of one image, and says what was built. */
async function writeImage(
  built: readonly BuiltImage[],
  { jobs, plans, references, target }: ImageGroup,
  { context, store }: Workspace,
): Promise<BuildResult[]> {
  const images = built.map(({ image }) => image);
  if (target !== undefined) {
    const inputs = jobs.map(({ plan }) => plan);
    await openOutput(target, inputs, context, store).write(images);
  }
  const index = images.length > 1 ? imageIndex(images.map(({ manifest }) => manifest.descriptor)) : undefined;
  return built.map((one, at) => {
    const { plan, warnings } = plans[at]!.optimized;
    return {
      ...resultOf(one),
      platform: plan.platform,
      references,
      warnings,
      ...(index === undefined ? {} : { index: index.descriptor.digest }),
      ...(target === undefined ? {} : { output: target }),
    };
  });
}

/** Where an image goes. */
function targetOf({ plans, output }: ImagePlans): OutputTarget | undefined {
  const target = outputTarget(output);
  if (target !== undefined && plans.length > 1 && !holdsPlatforms(target.type)) {
    const platforms = plans.map(({ optimized }) => platformText(optimized.plan.platform));
    throw new PlanError("OUTPUT_PLATFORMS", { path: target.dest, platforms }, { subject: target.dest });
  }
  return target;
}

/** What a build says of an image, whatever became of it. */
export function resultOf({
  image,
  layers,
}: BuiltImage): Pick<BuildResult, "digest" | "descriptor" | "configDigest" | "size" | "layers"> {
  return {
    digest: image.manifest.descriptor.digest,
    descriptor: image.manifest.descriptor,
    configDigest: image.config.descriptor.digest,
    size: layers.reduce((sum, layer) => sum + layer.descriptor.size, 0),
    layers: layers.map((layer) => ({
      description: layer.description,
      digest: layer.descriptor.digest,
      diffId: layer.diffId,
      size: layer.descriptor.size,
      cached: layer.cached,
      inherited: layer.id === undefined,
      ...(layer.uncompressedSize === undefined ? {} : { uncompressedSize: layer.uncompressedSize }),
    })),
  };
}

const TYPES: readonly OutputTarget["type"][] = ["archive", "oci", "layout", "rootfs"];

/**
 * What an `output` option means: a path is the archive that every loader takes.
 *
 * @throws {DefinitionError} OUTPUT_INVALID
 */
export function outputTarget(output: string | OutputTarget | undefined): OutputTarget | undefined {
  if (output === undefined) return undefined;
  const target = typeof output === "string" ? { type: "archive" as const, dest: output } : output;
  if (!TYPES.includes(target.type) || typeof target.dest !== "string" || target.dest === "") {
    throw new DefinitionError("OUTPUT_INVALID", { got: output, types: TYPES }, { subject: "output" });
  }
  return target;
}

/** Opens an output. What the images are made from on disk is named, so that it is never written over. */
export function openOutput(
  target: OutputTarget,
  plans: readonly Plan[],
  context: string,
  store: BlobStore,
): ImageOutput {
  const toStream = target.dest === "-" && target.type !== "layout";
  const dest = toStream ? process.stdout : target.dest;
  const bases = plans.flatMap(({ stages }) => stages.map(({ base }) => base));
  const inputs = bases.flatMap((base) => ("path" in base ? [resolve(context, base.path)] : []));
  if (target.type === "rootfs") return rootfsOutput(dest, inputs, store);
  return createDiskOutput({ type: target.type, dest, inputs });
}

/** Writes the merged root file system of an image as one plain tar, entries in byte order, times zero. */
export function rootfsOutput(
  dest: string | Writable,
  inputs: readonly string[],
  store: BlobStore,
): ImageOutput {
  const writeAll = async (images: readonly FinishedImage[], sink: ByteSink): Promise<void> => {
    for (const image of images) await writeTree(image, sink, store);
    await sink.finish();
  };
  return {
    write: (images) =>
      typeof dest === "string"
        ? writeFileAtomically(dest, inputs, (sink) => writeAll(images, sink))
        : guardStream(dest, () => writeAll(images, streamSink(dest))),
  };
}

async function writeTree(image: FinishedImage, sink: ByteSink, store: BlobStore): Promise<void> {
  const layers = image.layers.map((layer) => ({
    ...layer,
    encoding: layerEncodingOf(layer.descriptor.mediaType),
  }));
  const { tree, close } = await openBase(layers, store, { spool: true });
  try {
    for (const block of tarBlocks(await toTarItems(flattenTree(tree)))) await sink.write(block);
  } finally {
    await close();
  }
}
