import { relative, resolve, sep } from "node:path";
import type { Catalog } from "../catalog/catalog.js";
import { PlanError } from "../errors/layerwright-error.js";
import { type Platform, platformText } from "../oci/platform.js";
import { annotationsOf } from "../plan/apply-config.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { Plan } from "../plan/plan.js";
import { buildCommand } from "./build-command.js";
import { type DockerfileStyle, emitResolved } from "./dockerfile.js";
import { knownBases } from "./known-bases.js";
import { hasLocalBase } from "./known-bases-sync.js";
import { planImage } from "./plan-image.js";
import { SynthFolder } from "./synth-folder.js";

/** Where and how Dockerfiles are written. */
export interface SynthOptions extends DockerfileStyle {
  /** The folder that is written. It lies inside of the context. @default - "layerwright.out" */
  readonly out?: string;
  /** The folder that copy sources are relative to. @default - the working folder */
  readonly context?: string;
  /** The folder of the store. @default - LAYERWRIGHT_CACHE, else the user's cache folder */
  readonly store?: string;
}

/** One Dockerfile that was written. */
export interface SynthesizedImage {
  readonly name: string;
  readonly platform: Platform;
  /** Paths relative to the context folder. */
  readonly dockerfile: string;
  readonly ignore: string;
  /** How many generated files it needs. */
  readonly files: number;
  /** The command that builds it, to be run in the context folder. */
  readonly command: string;
  readonly warnings: readonly { readonly message: string }[];
}

/** What `synth` wrote. */
export interface SynthResult {
  /** Absolute. */
  readonly out: string;
  readonly images: readonly SynthesizedImage[];
}

/** One image that is to be written, planned already. */
export interface NamedPlan {
  readonly name: string;
  readonly platform: Platform;
  readonly optimized: OptimizedPlan;
}

/**
 * Writes the Dockerfiles of a catalog, each with its ignore file and the files that a Dockerfile cannot hold, and
 * `manifest.json`, which lists them with the commands that build them.
 *
 * @throws {PlanError} OUT_OUTSIDE_CONTEXT, and all that {@link dockerfile} throws
 * @throws {EnvironmentError} when the folder cannot be written
 * @example
 * ```ts
 * import { Catalog, Image, synth } from "layerwright";
 *
 * const hello = Image.scratch().write("/hello.txt", "hello\n");
 * const { images } = await synth(new Catalog("acme", { hello }), { out: "layerwright.out" });
 * console.log(images[0]?.command);
 * ```
 */
export async function synth(catalog: Catalog, options: SynthOptions = {}): Promise<SynthResult> {
  const context = resolve(options.context ?? ".");
  const plans = [...catalog].flatMap(([name, image]) =>
    catalog.platforms.map((platform) => ({
      name,
      platform,
      optimized: planImage(image.node, { platform, context }),
    })),
  );
  return synthPlans(plans, { ...options, catalog: catalog.name });
}

/** The text of one planned image; what the command line prints. */
export async function dockerfileOf(
  optimized: OptimizedPlan,
  options: DockerfileStyle & Pick<SynthOptions, "context" | "store">,
): Promise<{ readonly text: string; readonly ignore: string }> {
  const context = resolve(options.context ?? ".");
  return emitResolved(await resolvedBases(optimized.plan, context, options.store), context, options);
}

function resolvedBases(plan: Plan, context: string, store: string | undefined): Plan | Promise<Plan> {
  return hasLocalBase(plan) ? knownBases(plan, context, store) : plan;
}

/** Writes plans as Dockerfiles; what the command line calls for plans that came from the user's file. */
export async function synthPlans(
  plans: readonly NamedPlan[],
  options: SynthOptions & { readonly catalog?: string },
): Promise<SynthResult> {
  const context = resolve(options.context ?? ".");
  const out = resolve(context, options.out ?? "layerwright.out");
  const outPath = relative(context, out).split(sep).join("/");
  if (outPath === "" || outPath === ".." || outPath.startsWith("../")) {
    throw new PlanError("OUT_OUTSIDE_CONTEXT", { out, context }, { subject: out });
  }
  const folder = new SynthFolder(out);
  const images: SynthesizedImage[] = [];
  for (const { name, platform, optimized } of plans) {
    const several = plans.filter((other) => other.name === name).length > 1;
    const place = several ? `${name}/${platformText(platform).split("/").slice(1).join("-")}` : name;
    const plan = await resolvedBases(optimized.plan, context, options.store);
    const emitted = emitResolved(plan, context, { ...options, filesFolder: `${outPath}/files` });
    await folder.add(place, emitted, context, options.store);
    const dockerfile = `${outPath}/${place}/Dockerfile`;
    const reference = options.catalog === undefined ? name : `${options.catalog}/${name}`;
    const annotations = annotationsOf(plan.stages.at(-1)?.config ?? []);
    images.push({
      name,
      platform,
      dockerfile,
      ignore: `${dockerfile}.dockerignore`,
      files: emitted.files.filter((file) => file.kind !== "folder").length,
      command: buildCommand(dockerfile, reference, platform, emitted, annotations),
      warnings: [...optimized.warnings, ...emitted.warnings],
    });
  }
  await folder.finish(images);
  return { out, images };
}
