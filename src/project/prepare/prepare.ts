import { lstatSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Catalog } from "../../catalog/catalog.js";
import { catalogName } from "../../catalog/named-nodes.js";
import type { Origin } from "../../errors/origin.js";
import type { Image } from "../../image/image.js";
import type { ImageNode } from "../../image/nodes.js";
import { hostPlatform, type Platform, parsePlatform, platformText } from "../../oci/platform.js";
import { lostAttributes, manyLayers } from "../../plan/layer-warnings.js";
import { type LowerOptions, lower } from "../../plan/lower.js";
import type { SourceProbe } from "../../plan/passes/pass.js";
import { type OptimizedPlan, optimizeTogether } from "../../plan/passes/pipeline.js";
import { hasUnknownBase, type Plan } from "../../plan/plan.js";
import { suppressedFor } from "../../policy/policy.js";
import type { LockPlace } from "../options.js";
import type { RegistryOptions } from "../registry/open-registry.js";
import { contextFiles } from "../workspace.js";
import type { LookedUp, LookUpBasesOptions } from "./known-bases.js";
import { expandTriggers, withoutTriggered } from "./on-build.js";

/**
 * The one way from lowered plans to what both syntheses and every verb read: what the plans need to know of their bases
 * is looked up, then the passes run over all of them together. Plans of images that share anything belong in one call,
 * also when only one of them is wanted.
 */
export async function preparePlans(
  lowered: readonly Plan[],
  options: LookUpBasesOptions,
): Promise<readonly OptimizedPlan[]> {
  return optimizeKnown(await knownPlans(lowered, options), options);
}

/** The plan with the stages of its bases' triggers, on which the passes have no say. */
function withTriggers(plan: Plan, known: Plan, { context = "." }: LookUpBasesOptions): Plan {
  const matches = (pattern: string) => {
    try {
      return contextFiles(resolve(context), {}).list(undefined, pattern, []).length > 0;
    } catch {
      return false;
    }
  };
  return expandTriggers(plan, known, matches);
}

/** Runs the passes over plans whose bases were looked at; a base that could not be reached is one more warning. */
function optimizeKnown({ plans, warnings }: LookedUp, options: LookUpBasesOptions): readonly OptimizedPlan[] {
  return optimizePlans(plans.map(withoutTriggered), options).map((optimized, at) => {
    const plan = withTriggers(optimized.plan, plans[at]!, options);
    return {
      ...optimized,
      plan,
      warnings: [...warnings[at]!, ...optimized.warnings, ...manyLayers(plan), ...lostAttributes(plan)],
    };
  });
}

/** Prepares one image for each of some platforms. */
export async function prepareImage(
  image: Image,
  platforms: readonly (string | Platform | undefined)[],
  options: LookUpBasesOptions,
): Promise<readonly OptimizedPlan[]> {
  const { context } = options;
  const lowered = platforms.map((platform) =>
    lowerImage(image.node, {
      ...(platform === undefined ? {} : { platform }),
      ...(context === undefined ? {} : { context }),
    }),
  );
  return preparePlans(lowered, options);
}

/** The prepared plans of a catalog, by name and platform. */
type PreparedCatalog = (name: string, platform: string | Platform) => OptimizedPlan;

/** Prepares all images of a catalog for each of some platforms. */
export async function prepareCatalog(
  catalog: Catalog,
  platforms: readonly (string | Platform)[],
  options: LookUpBasesOptions,
): Promise<PreparedCatalog> {
  const { context } = options;
  const jobs = [...catalog].flatMap(([name, image]) =>
    platforms.map((platform) => ({ name, image, platform })),
  );
  const nameOf = catalogName(catalog);
  const prepared = await preparePlans(
    jobs.map(({ name, image, platform }) => {
      const suppressed = suppressedFor(catalog.suppressions, name);
      const place = context === undefined ? {} : { context };
      return lowerImage(image.node, { platform, nameOf, suppressed, ...place });
    }),
    options,
  );
  const keyOf = (name: string, platform: string | Platform) =>
    `${platformText(platformOf(platform))} ${name}`;
  const byKey = new Map(jobs.map(({ name, platform }, at) => [keyOf(name, platform), prepared[at]!]));
  return (name, platform) => byKey.get(keyOf(name, platform))!;
}

/** An image of a catalog, and what it would be under other policies. */
export interface ImageVariants {
  readonly plan: Plan;
  readonly variants: readonly Plan[];
}

/**
 * Prepares the lowered plans of a catalog, and each variant as if it stood in the place of its image: what a pass does
 * to an image depends on the others, never on what the same image could be.
 */
export async function prepareVariants(
  lowered: readonly ImageVariants[],
  options: LookUpBasesOptions,
): Promise<readonly ImageVariants[]> {
  const { plans: all } = await knownPlans(
    lowered.flatMap(({ plan, variants }) => [plan, ...variants]),
    options,
  );
  let next = 0;
  const known = lowered.map(({ variants }): ImageVariants => {
    const plan = all[next++]!;
    return { plan, variants: variants.map(() => all[next++]!) };
  });
  const today = known.map(({ plan }) => plan);
  const noWarnings = today.map(() => []);
  const optimized = (all: readonly Plan[]) => optimizeKnown({ plans: all, warnings: noWarnings }, options);
  const planOf = (at: number, plan: Plan) => optimized(replaced(today, at, plan))[at]!.plan;
  const plans = optimized(today);
  return known.map(({ variants }, at) => ({
    plan: plans[at]!.plan,
    variants: variants.map((variant) => planOf(at, variant)),
  }));
}

async function knownPlans(lowered: readonly Plan[], options: LookUpBasesOptions): Promise<LookedUp> {
  if (!lowered.some(hasUnknownBase)) return { plans: lowered, warnings: lowered.map(() => []) };
  // The engine's part is loaded where a base is looked at.
  const { lookUpBases } = await import("./known-bases.js");
  return lookUpBases(lowered, options);
}

function replaced(plans: readonly Plan[], at: number, plan: Plan): readonly Plan[] {
  return plans.map((other, place) => (place === at ? plan : other));
}

/** What planning depends on beside the image. */
export interface PlanOptions extends LockPlace, Pick<RegistryOptions, "registries" | "offline"> {
  /** `os/architecture[/variant]`. @default - linux on this machine's processor */
  readonly platform?: string | Platform;
  /** The directory that copy sources are relative to. @default - the working directory */
  readonly context?: string;
  /** The directory of the store. @default - LAYERWRIGHT_CACHE, else the user's cache directory */
  readonly store?: string;
}

/** The plan of an image as its steps say it, before anything outside is looked at and before the passes. */
export function lowerImage(
  node: ImageNode,
  options: Pick<PlanOptions, "context" | "platform"> & Pick<LowerOptions, "nameOf" | "suppressed">,
): Plan {
  const { nameOf, suppressed } = options;
  const place = placeIn(resolve(options.context ?? "."));
  return lower(node, {
    platform: platformOf(options.platform),
    place,
    ...(nameOf && { nameOf }),
    ...(suppressed && { suppressed }),
  });
}

/** Runs the passes over the lowered plans of all images that belong together. */
export function optimizePlans(
  lowered: readonly Plan[],
  { context = "." }: { readonly context?: string | undefined },
): readonly OptimizedPlan[] {
  const folder = resolve(context);
  return optimizeTogether(lowered.map((plan) => ({ plan, probe: probeIn(folder, plan.contexts) })));
}

/** Lowers one image and runs the passes. `before` sees the plan in between, e.g. to add what is known of its bases. */
export function planImage(
  node: ImageNode,
  options: PlanOptions & Pick<LowerOptions, "nameOf">,
  before: (plan: Plan) => Plan = (plan) => plan,
): OptimizedPlan {
  return optimizePlans([before(lowerImage(node, options))], options)[0]!;
}

/** The platform that an option means. @throws {DefinitionError} PLATFORM_INVALID */
export function platformOf(option: string | Platform | undefined): Platform {
  if (option === undefined) return hostPlatform();
  return typeof option === "string" ? parsePlatform(option) : option;
}

/** Files in messages and plans are relative to the context, so that plans do not depend on the machine. */
export function placeIn(context: string): (origin: Origin) => Origin {
  return (origin) => {
    const file = isAbsolute(origin.file) ? relative(context, origin.file).split(sep).join("/") : origin.file;
    return { file, line: origin.line };
  };
}

/** Looks at a path of a context without following links, in the file or in its parents. */
function probeIn(context: string, contexts: Readonly<Record<string, string>>): SourceProbe {
  return (name, path) => {
    const folder = name === undefined ? context : resolve(context, contexts[name] ?? ".");
    let at = folder;
    const parts = path === "." ? [] : path.split("/");
    for (const [index, part] of parts.entries()) {
      at = join(at, part);
      const stat = lstatSync(at, { throwIfNoEntry: false });
      if (stat === undefined) return "missing";
      const last = index === parts.length - 1;
      if (!stat.isDirectory() && !(last && stat.isFile())) return undefined;
      if (last) return stat.isFile() ? "file" : "folder";
    }
    return "folder";
  };
}
