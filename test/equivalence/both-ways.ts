import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Image } from "layerwright";
import type { FrontendVersion } from "../../src/dockerfile/instruction.js";
import type { OptimizedPlan } from "../../src/plan/passes/pipeline.js";
import type { Plan } from "../../src/plan/plan.js";
import { emitResolved } from "../../src/project/dockerfile.js";
import { pinByLock } from "../../src/project/lock/pin-plans.js";
import { lowerImage, preparePlans } from "../../src/project/prepare/prepare.js";
import { hasHostRun, withHostLayers } from "../../src/project/synthesize.js";
import { buildPlan, synthPlans } from "../api/of-plans.js";
import type { BaseImage } from "../fixtures/base-kinds.js";
import { LOCAL_BASE, layoutRegistry } from "../fixtures/layout-registry.js";
import { runsCommands, whyNoSandbox } from "../fixtures/sandbox-here.js";
import { caseSecrets } from "../golden/case-secrets.js";
import { PLATFORM } from "../golden/golden-cases.js";
import type { BuildRequest } from "../peers/build-request.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";

/** What both syntheses need of an image. */
export interface BuildInput {
  readonly image: Pick<Image, "node">;
  readonly context: string;
  readonly store: string;
  /** Bases that the registry of the tests holds beside the test base. */
  readonly bases?: readonly BaseImage[];
  /** What commands that ask for no network see of it. @default - "none" */
  readonly network?: "none" | "host";
  /** The oldest front end that has to read the Dockerfile. @default - that of `dockerfile()` */
  readonly frontend?: FrontendVersion;
}

/** The named contexts that stand for the references of a plan: no builder asks a network. */
function referenceContexts(plan: Plan, bases: readonly BaseImage[] = []): Record<string, string> {
  const held = [LOCAL_BASE, ...bases];
  // A base on disk is named in FROM too, where it has a reference.
  const named = plan.stages.flatMap(({ base }) =>
    "reference" in base && base.reference !== undefined ? [base.reference] : [],
  );
  const digests = plan.stages.flatMap(({ base }) =>
    base.kind === "registry" && base.known?.digest !== undefined ? [base.known.digest] : [],
  );
  const entries = named.flatMap((name) => {
    // A lock adds a digest to the name, and so does what is known of a base.
    const base = held.find(({ reference }) => name === reference || name.startsWith(`${reference}@`));
    if (base === undefined) return [];
    const place = `oci-layout://${base.layout}:${base.tag}`;
    return [name, ...digests.map((digest) => `${name}@${digest}`)].map((one) => [one, place]);
  });
  return Object.fromEntries(entries);
}

/** The plan as the lock beside the sources has it, where there is one: layers of squash `"auto"` are decided there. */
export async function planOf({ image, context, store, bases }: BuildInput): Promise<OptimizedPlan> {
  const lowered = lowerImage(image.node, { context, platform: PLATFORM });
  const [optimized] = await preparePlans([lowered], { context, store, registry: layoutRegistry(bases) });
  return { ...optimized!, plan: pinByLock([optimized!.plan], { context })[0]! };
}

/** Why this machine's direct build cannot run commands, if so. */
export const noSandbox = await whyNoSandbox();

/** Whether the direct build can make it: its registry is the tests' own, and what it runs can be run here. */
export function isDirect(plan: Plan, bases: readonly BaseImage[] = []): boolean {
  if (runsCommands(plan) && noSandbox !== undefined) return false;
  const references = [LOCAL_BASE, ...bases].map(({ reference }) => reference);
  return plan.stages.every(({ base }) => base.kind !== "registry" || references.includes(base.reference));
}

/** Builds an image directly and lays it open. */
export async function direct(input: BuildInput, dest: string): Promise<ImageListing> {
  const { context, store, bases } = input;
  const output = { type: "oci", dest } as const;
  const secrets = caseSecrets(context);
  const registry = layoutRegistry(bases);
  const options = { context, store, output, compression: "none", secrets, registry, lock: false } as const;
  await buildPlan(await planOf(input), options);
  return imageListing(dest);
}

/** Writes the Dockerfile of an image as `synth` does, and says what a builder has to be asked for. */
export async function dockerfileRequest(
  input: BuildInput,
  dialect: "buildkit" | "classic",
  outOciTar: string,
): Promise<BuildRequest> {
  return planRequest(await planOf(input), input, dialect, outOciTar);
}

/** The same of a plan that is there already. */
export async function planRequest(
  optimized: OptimizedPlan,
  input: Omit<BuildInput, "image">,
  dialect: "buildkit" | "classic",
  outOciTar: string,
): Promise<BuildRequest> {
  const { context, store } = input;
  const plan = hasHostRun(optimized.plan)
    ? await withHostLayers(optimized.plan, { context, store })
    : optimized.plan;
  const out = `layerwright.out/${dialect}`;
  const filesFolder = `${out}/files`;
  const spoken = { dialect, ...(input.frontend && { frontend: input.frontend }) };
  const emitted = emitResolved([plan], context, { ...spoken, filesFolder });
  if (existsSync(join(context, out))) rmSync(join(context, out), { recursive: true });
  const [platformOs = "", architecture = ""] = PLATFORM.split("/");
  const named = { name: "image", platform: { os: platformOs, architecture }, optimized };
  const { images } = await synthPlans([named], { context, store, out, ...spoken });
  const contexts = emitted.contexts.map(({ name, value }) => [name, absolute(context, name, value)]);
  return {
    contextDir: context,
    dockerfile: join(context, images[0]!.dockerfile),
    namedContexts: { ...Object.fromEntries(contexts), ...referenceContexts(plan, input.bases) },
    secrets: caseSecrets(context),
    network: input.network ?? "none",
    outOciTar,
  };
}

function absolute(context: string, name: string, value: string): string {
  const scheme = /^oci-layout:\/\//.exec(value)?.[0] ?? "";
  const path = resolve(context, value.slice(scheme.length));
  if (scheme !== "" || !/[:@]/.test(path)) return `${scheme}${path}`;
  // The peers' modules take what follows such a character for a tag or digest, also of a plain folder.
  const alias = `${context}.${name}`;
  if (!existsSync(alias)) symlinkSync(path, alias);
  return alias;
}
