import { resolve } from "node:path";
import type { Writable } from "node:stream";
import { withNotedOutputs } from "../adapters/files-node/written-outputs.js";
import { type ByteSink, guardStream, streamSink, writeFileAtomically } from "../adapters/host/atomic-file.js";
import { createDiskOutput } from "../adapters/outputs/disk-output.js";
import { tarBlocks } from "../archive/tar-blocks.js";
import type { BuiltImage } from "../engine/build-image.js";
import { DefinitionError, PlanError } from "../errors/layerwright-error.js";
import { imageIndex, layerEncodingOf } from "../oci/manifest.js";
import { platformText } from "../oci/platform.js";
import { toldOnce } from "../plan/passes/pass.js";
import type { Plan } from "../plan/plan.js";
import type { JudgedFinding } from "../policy/policy.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { FinishedImage, ImageOutput } from "../ports/image-output.js";
import { openBase } from "../rootfs/base-tree.js";
import { flattenTree, toTarItems } from "../rootfs/entries.js";
import { type BuildJob, type BuildSettings, withBuiltGroups, withBuiltImages } from "./build.js";
import { passGate } from "./gate/gate.js";
import { namedProgress } from "./named-progress.js";
import { type BuildResult, holdsPlatforms, type OutputTarget } from "./options.js";
import { fullReference, knownAs, type Project, type ProjectPlan } from "./project.js";
import type { Workspace } from "./workspace.js";

/** Where the images of a build go, and what they are called there. */
interface Delivery {
  /** A target for each plan of each chosen image, in their order; undefined leaves the image in the store. */
  readonly targets: readonly (OutputTarget | undefined)[];
  /** The reference that an image is written under. */
  referenceOf(name: string): string | undefined;
}

/** What was built of a project. */
export interface BuiltProject {
  /** A result for each plan of each chosen image. */
  readonly images: readonly { readonly name: string; readonly result: BuildResult }[];
  /** What the policies found and let pass. */
  readonly findings: readonly JudgedFinding[];
}

/**
 * Builds the chosen images of a project side by side, and writes each as soon as all its platforms are there. Platforms
 * with one target are written as one index.
 *
 * @throws {PlanError} OUTPUT_PLATFORMS before anything is built; those of `passGate`
 */
export async function buildProject(
  project: Project,
  { targets, referenceOf }: Delivery,
  given: BuildSettings,
): Promise<BuiltProject> {
  const groups = writtenTogether(project, targets, referenceOf, given);
  const { settings, findings } = await passGate(project, given);
  const dests = groups.flatMap(({ target }) =>
    target === undefined || target.dest === "-" ? [] : target.dest,
  );
  const built = await withNotedOutputs(project.context, dests, () => buildNoted(groups, settings));
  const said = new Set<string>();
  const images = built.flatMap((results, at) =>
    toldOnce(results, said).map((result) => ({ name: groups[at]!.name, result })),
  );
  return { images, findings };
}

/** The platforms of an image that are written at once. */
interface ImageGroup {
  readonly name: string;
  readonly plans: ProjectPlan[];
  readonly jobs: BuildJob[];
  readonly references: readonly string[];
  readonly target: OutputTarget | undefined;
}

function writtenTogether(
  project: Project,
  targets: Delivery["targets"],
  referenceOf: Delivery["referenceOf"],
  { progress }: BuildSettings,
): ImageGroup[] {
  const groups = new Map<string, ImageGroup>();
  const several = targets.length > 1;
  let at = 0;
  for (const { name, plans } of project.images) {
    for (const plan of plans) {
      const target = outputTarget(targets[at]);
      const key = `${name} ${target?.dest}`;
      const reference = referenceOf(name);
      const references = reference === undefined ? [] : [fullReference(reference)];
      const group = groups.get(key) ?? { name, plans: [], jobs: [], references, target };
      if (group.plans.length > 0 && target !== undefined && !holdsPlatforms(target.type)) {
        const platforms = plans.map((one) => platformText(one.platform));
        throw new PlanError("OUTPUT_PLATFORMS", { path: target.dest, platforms }, { subject: target.dest });
      }
      group.plans.push(plan);
      group.jobs.push({
        plan: plan.optimized.plan,
        references,
        progress: progress && namedProgress(progress, planLabel(name, plan, plans), several),
        knownAs: knownAs(project, name),
      });
      groups.set(key, group);
      at++;
    }
  }
  return [...groups.values()];
}

/** `api`, or `api (linux/arm64)` for one platform of several. */
function planLabel(
  name: string,
  { platform }: Pick<ProjectPlan, "platform">,
  plans: readonly unknown[],
): string {
  return plans.length > 1 ? `${name} (${platformText(platform)})` : name;
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
function rootfsOutput(dest: string | Writable, inputs: readonly string[], store: BlobStore): ImageOutput {
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
