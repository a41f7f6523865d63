import { relative, resolve, sep } from "node:path";
import { withNotedOutputs } from "../adapters/files-node/written-outputs.js";
import { encoderFor } from "../archive/compression.js";
import type { BakeImage } from "../dockerfile/bake-file.js";
import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import { buildImage } from "../engine/build-image.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import { type Platform, platformText } from "../oci/platform.js";
import { stageKeys } from "../plan/address.js";
import { annotationsOf } from "../plan/config.js";
import { isUndecided } from "../plan/layering.js";
import type { HostRunOperation, RunOperation } from "../plan/operation.js";
import { onceEachLine } from "../plan/passes/pass.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import { baseStages, operationsOf, type Plan, type Stage } from "../plan/plan.js";
import { type DockerfileStyle, emitResolved } from "./dockerfile.js";
import { checkPlans } from "./gate/check-plans.js";
import { certificateWarnings, pinByLock } from "./lock/pin-plans.js";
import type { LockPlace } from "./options.js";
import { lookUpBases } from "./prepare/known-bases.js";
import { knownAs, type Project } from "./project.js";
import type { RegistryOptions } from "./registry/open-registry.js";
import { type SynthesizedImage, SynthFolder } from "./synth-directory.js";
import { type WorkspaceOptions, withWorkspace } from "./workspace.js";

/** Where and how Dockerfiles are written. */
export interface SynthOptions extends DockerfileStyle, LockPlace, RegistryOptions {
  /** Refuses to write a Dockerfile of what is not in the lock. @default - false */
  readonly locked?: boolean;
  /** The directory that is written. It lies inside of the context. @default - "layerwright.out" */
  readonly out?: string;
  /** The directory that copy sources are relative to. @default - the working directory */
  readonly context?: string;
  /** The directory of the store. @default - LAYERWRIGHT_CACHE, else the user's cache directory */
  readonly store?: string;
}

/** What `synth` wrote. */
export interface SynthResult {
  /** Absolute. */
  readonly out: string;
  /**
   * The file by which `docker buildx bake` builds all images, relative to the context directory; undefined where the dialect
   * is not BuildKit's.
   */
  readonly bake: string | undefined;
  readonly images: readonly SynthesizedImage[];
}

/** One image that is to be written, planned already. */
interface NamedPlan {
  readonly name: string;
  readonly platform: Platform;
  readonly optimized: OptimizedPlan;
}

/** The plan with what its Dockerfile needs to know: the layers of host commands, and its bases on disk. */
async function readyPlan(plan: Plan, options: SynthOptions & { readonly context: string }): Promise<Plan> {
  const ready = hasHostRun(plan) ? await withHostLayers(plan, options) : plan;
  // What registries could say was looked up before the passes.
  return (await lookUpBases([ready], { ...options, offline: true })).plans[0]!;
}

/** One platform of an image: as it was planned, and pinned by the lock. */
interface ImagePart {
  readonly plan: NamedPlan;
  readonly pinned: Plan;
}

/** An image as text: its plans, one a platform, and the Dockerfile that all of them are. */
interface WrittenImage {
  readonly name: string;
  readonly own: readonly NamedPlan[];
  readonly ready: readonly Plan[];
  readonly emitted: EmittedDockerfile;
}

/** The platforms of each image, in order. */
function byName(plans: readonly NamedPlan[], pinned: readonly Plan[]): ReadonlyMap<string, ImagePart[]> {
  const images = new Map<string, ImagePart[]>();
  for (const [at, plan] of plans.entries()) {
    const parts = images.get(plan.name) ?? [];
    parts.push({ plan, pinned: pinned[at]! });
    images.set(plan.name, parts);
  }
  return images;
}

/**
 * Writes the chosen images of a project as Dockerfiles.
 *
 * @throws {PlanError} OUT_OUTSIDE_CONTEXT
 */
export async function synthesizeProject(project: Project, given: SynthOptions): Promise<SynthResult> {
  const { context } = project;
  const out = resolve(context, given.out ?? "layerwright.out");
  const outPath = relative(context, out).split(sep).join("/");
  if (outPath === "" || outPath === ".." || outPath.startsWith("../")) {
    throw new PlanError("OUT_OUTSIDE_CONTEXT", { out, context }, { subject: out });
  }
  const options = { ...given, context };
  return withNotedOutputs(context, [out], () => writeProject(project, options, { out, outPath }));
}

async function writeProject(
  project: Project,
  options: SynthOptions & { readonly context: string },
  { out, outPath }: { readonly out: string; readonly outPath: string },
): Promise<SynthResult> {
  const { context } = options;
  const plans = project.images.flatMap(({ name, plans: own }) => own.map((plan) => ({ ...plan, name })));
  checkPlans(
    plans.map(({ name, optimized: { plan } }) => ({ plan, knownAs: knownAs(project, name) })),
    context,
  );
  const pinned = pinByLock(
    plans.map(({ optimized }) => optimized.plan),
    options,
  );
  const folder = new SynthFolder(out);
  const images: SynthesizedImage[] = [];
  const bakes = new Map<string, BakeImage>();
  // Bake is BuildKit's alone.
  const baked = options.dialect !== "classic";
  const said = new Set<string>();
  const written: WrittenImage[] = [];
  for (const [name, parts] of byName(plans, pinned)) {
    const ready: Plan[] = [];
    for (const part of parts) ready.push(await readyPlan(part.pinned, options));
    const emitted = emitResolved(ready, context, { ...options, filesFolder: `${outPath}/files` });
    written.push({ name, own: parts.map(({ plan }) => plan), ready, emitted });
  }
  // Nothing is written before every image has a text.
  for (const { name, own, ready, emitted } of written) {
    const platforms = own.map(({ platform }) => platform);
    await folder.add(name, emitted, context, options.store);
    const dockerfile = `${outPath}/${name}/Dockerfile`;
    const reference = knownAs(project, name) ?? name;
    const annotations = annotationWords(
      platforms,
      ready.map((plan) => annotationsOf(plan.stages.at(-1)?.config ?? [])),
    );
    const image: SynthesizedImage = {
      name,
      platforms,
      dockerfile,
      ignore: `${dockerfile}.dockerignore`,
      files: emitted.files.filter((file) => file.kind !== "folder").length,
      command: buildCommand(dockerfile, reference, platforms, emitted, annotations),
      warnings: onceEachLine(
        [
          ...own.flatMap(({ optimized }) => optimized.warnings),
          ...undecidedLayers(ready),
          ...certificateWarnings(ready, options),
          ...emitted.warnings,
        ],
        said,
      ),
    };
    images.push(image);
    if (baked) bakes.set(name, bakeImage({ name, reference, dockerfile }, ready, emitted, annotations));
  }
  const bake = folder.finish(images, bakes, project);
  return { out, bake: bake === undefined ? undefined : `${outPath}/${bake}`, images };
}

/** What the bake file needs of one image: its plans, one a platform, and what they were written as. */
function bakeImage(
  { name, reference, dockerfile }: Pick<BakeImage, "name" | "reference" | "dockerfile">,
  plans: readonly Plan[],
  emitted: EmittedDockerfile,
  annotations: readonly string[],
): BakeImage {
  const image: Record<string, string> = {};
  const stages: Record<string, Record<string, string>> = {};
  for (const [at, plan] of plans.entries()) {
    const platform = platformText(plan.platform);
    const own = plan.stages.at(-1)!;
    for (const [id, key] of stageKeys(plan)) {
      const stage = emitted.stageNames[at]?.get(id);
      if (id === own.id) image[platform] = key;
      else if (stage !== undefined) stages[stage] = { ...stages[stage], [platform]: key };
    }
  }
  const runs = plans.flatMap(({ stages: all }) => all.flatMap(operationsOf)).filter(isRun);
  const mounts = runs.flatMap((run) => run.mounts ?? []);
  const needed = (type: "secret" | "ssh") =>
    mounts.flatMap((mount) => {
      if (mount.type !== type) return [];
      return mount.type === "secret" && mount.required !== true ? [] : [mount.id ?? "default"];
    });
  return {
    name,
    reference,
    platforms: plans.map(({ platform }) => platformText(platform)),
    dockerfile,
    contexts: Object.fromEntries(emitted.contexts.map(({ name: context, value }) => [context, value])),
    annotations,
    secrets: [...new Set(needed("secret"))],
    ssh: [...new Set(needed("ssh"))],
    hostNetwork: runs.some(({ network }) => network === "host"),
    image,
    stages,
  };
}

function isRun(operation: { readonly op: string }): operation is RunOperation {
  return operation.op === "run";
}

/** One word of a command line, quoted for a POSIX shell only where it has to be. */
function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The command that builds a synthesized Dockerfile, to be run in the context directory.
 *
 * @param annotations as {@link annotationWords} gives them
 */
function buildCommand(
  dockerfile: string,
  reference: string,
  platforms: readonly Platform[],
  emitted: EmittedDockerfile,
  annotations: readonly string[],
): string {
  const words = [
    ...[
      "docker",
      "build",
      "-f",
      dockerfile,
      "-t",
      reference,
      "--platform",
      platforms.map(platformText).join(","),
    ],
    ...emitted.contexts.flatMap(({ name, value }) => ["--build-context", `${name}=${value}`]),
    ...annotations.flatMap((word) => ["--annotation", word]),
    ".",
  ];
  return words.map(shellWord).join(" ");
}

/**
 * Annotations as buildx reads them: those that differ by platform name the manifest that they are of.
 *
 * @param annotations those of the manifest of each platform
 */
function annotationWords(
  platforms: readonly Platform[],
  annotations: readonly Readonly<Record<string, string>>[],
): string[] {
  return platforms.flatMap((platform, at) =>
    Object.entries(annotations[at] ?? {}).flatMap(([name, value]) => {
      const everywhere = annotations.every((other) => other[name] === value);
      if (everywhere) return at === 0 ? [`${name}=${value}`] : [];
      return [`manifest[${platformText(platform)}]:${name}=${value}`];
    }),
  );
}

/** What is said of an image with squash `"auto"` that nobody has decided about. */
function undecidedLayers(plans: readonly Plan[]): { readonly message: string; readonly origin?: Origin }[] {
  return plans.flatMap((plan) =>
    baseStages(plan)
      .filter(isUndecided)
      .map(({ layers }) => {
        const origin = layers[0]?.operations[0]?.origin;
        const message =
          'its layers are those of squash "keep" until "auto" is decided: `layerwright lock` does that';
        return origin === undefined ? { message } : { message, origin };
      }),
  );
}

type HostLayer = NonNullable<HostRunOperation["layer"]>;

/** True when tools of the host make a part of an image. */
export function hasHostRun(plan: Plan): boolean {
  return plan.stages.some((stage) => lastHostRun(stage) >= 0);
}

/**
 * Runs the host commands of a plan, so that a Dockerfile can add what they made. Their layers are plain tars in the
 * store; what ran before is recalled.
 */
export async function withHostLayers(plan: Plan, options: WorkspaceOptions): Promise<Plan> {
  const layers = new Map<HostRunOperation, HostLayer>();
  await withWorkspace(options, async ({ context, portsFor }) => {
    for (const [index, stage] of plan.stages.entries()) {
      const last = lastHostRun(stage);
      if (last < 0) continue;
      // No further than the last host command: what comes later is the builder's.
      const upTo: Stage = { ...stage, layers: stage.layers.slice(0, last + 1), squash: "keep" };
      const part: Plan = { ...plan, stages: [...plan.stages.slice(0, index), upTo] };
      const built = await buildImage(part, await portsFor(part), {
        encoder: encoderFor("none"),
        folder: context,
        onHostLayer: (run, layer) => void layers.set(run, layer),
      });
      await built.close();
    }
  });
  const stages = plan.stages.map((stage) => ({
    ...stage,
    layers: stage.layers.map((layer) => ({
      ...layer,
      operations: layer.operations.map((operation) => {
        const made = operation.op === "hostRun" ? layers.get(operation) : undefined;
        return made === undefined ? operation : { ...operation, layer: made };
      }),
    })),
  }));
  return { ...plan, stages };
}

function lastHostRun({ layers }: Stage): number {
  return layers.findLastIndex(({ operations }) => operations.some(({ op }) => op === "hostRun"));
}
