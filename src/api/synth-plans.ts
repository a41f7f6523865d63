import { relative, resolve, sep } from "node:path";
import { withNotedOutputs } from "../adapters/files-node/written-outputs.js";
import type { BakeImage } from "../dockerfile/bake-file.js";
import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import { PlanError } from "../errors/layerwright-error.js";
import { annotationsOf } from "../plan/apply-config.js";
import type { Plan } from "../plan/plan.js";
import { onceEachLine } from "../plan/record.js";
import { bakeImage } from "./bake-image.js";
import { annotationWords, buildCommand } from "./build-command.js";
import { checkPlans } from "./check-plans.js";
import { emitResolved } from "./dockerfile.js";
import { hasHostRun, withHostLayers } from "./host-layers.js";
import { lookUpBases } from "./known-bases.js";
import { certificateWarnings, pinByLock } from "./pin-by-lock.js";
import type { NamedPlan, SynthesizedImage, SynthOptions, SynthResult } from "./synth.js";
import { SynthFolder } from "./synth-folder.js";
import { undecidedLayers } from "./undecided-layers.js";

/** The catalog that plans are of: all its names, whether they are written now or not. */
export interface SynthCatalog {
  readonly name: string;
  readonly names: readonly string[];
  /** Names of images by the name of their group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
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

/** Writes plans as Dockerfiles; what the command line calls for plans that came from the user's file. */
export async function synthPlans(
  plans: readonly NamedPlan[],
  options: SynthOptions & { readonly catalog?: SynthCatalog },
): Promise<SynthResult> {
  const context = resolve(options.context ?? ".");
  const out = resolve(context, options.out ?? "layerwright.out");
  const outPath = relative(context, out).split(sep).join("/");
  if (outPath === "" || outPath === ".." || outPath.startsWith("../")) {
    throw new PlanError("OUT_OUTSIDE_CONTEXT", { out, context }, { subject: out });
  }
  return withNotedOutputs(context, [out], () => synthNoted(plans, options, { context, out, outPath }));
}

async function synthNoted(
  plans: readonly NamedPlan[],
  options: SynthOptions & { readonly catalog?: SynthCatalog },
  { context, out, outPath }: { readonly context: string; readonly out: string; readonly outPath: string },
): Promise<SynthResult> {
  const { catalog } = options;
  const known = plans.map(({ name, optimized: { plan } }) => {
    return catalog === undefined ? { plan } : { plan, knownAs: `${catalog.name}/${name}` };
  });
  checkPlans(known, context);
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
    for (const part of parts) ready.push(await readyPlan(part.pinned, { ...options, context }));
    const emitted = emitResolved(ready, context, { ...options, filesFolder: `${outPath}/files` });
    written.push({ name, own: parts.map(({ plan }) => plan), ready, emitted });
  }
  // Nothing is written before every image has a text.
  for (const { name, own, ready, emitted } of written) {
    const platforms = own.map(({ platform }) => platform);
    await folder.add(name, emitted, context, options.store);
    const dockerfile = `${outPath}/${name}/Dockerfile`;
    const reference = catalog === undefined ? name : `${catalog.name}/${name}`;
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
  const bake = folder.finish(images, bakes, catalog);
  return { out, bake: bake === undefined ? undefined : `${outPath}/${bake}`, images };
}
