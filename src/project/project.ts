import { resolve } from "node:path";
import { type Catalog, isCatalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import { type Platform, platformText } from "../oci/platform.js";
import { canonicalReference, parseReference } from "../oci/reference.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { Plan } from "../plan/plan.js";
import type { PolicyReport } from "../policy/judge-catalog.js";
import type { NamedFacts } from "./gate/policies.js";
import { type SharingLimit, sharingLimitOf } from "./gate/sharing-limit.js";
import type { WholeCatalog } from "./options.js";
import type { LookUpBasesOptions } from "./prepare/known-bases.js";
import { prepareCatalog, prepareImage } from "./prepare/prepare.js";

/** An image of a project for one platform, prepared for both syntheses. */
export interface ProjectPlan {
  readonly platform: Platform;
  readonly optimized: OptimizedPlan;
}

/** An image of a project, with its plan for each platform. */
interface ProjectImage {
  readonly name: string;
  readonly plans: readonly ProjectPlan[];
}

/**
 * A catalog whose images are planned, and the directory that their sources are relative to: what every use case works on.
 * A build script opens one of its own catalog or image; the command line has one of a catalog in a child process.
 */
export interface Project {
  /** The catalog's name; empty for an image of no catalog. */
  readonly name: string;
  /** The context directory, absolute. */
  readonly context: string;
  /** The names of all images, chosen or not. */
  readonly names: readonly string[];
  /** Names of images by the name of their group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** The chosen images. */
  readonly images: readonly ProjectImage[];
  /** All images, which squash `"auto"` is decided for. */
  readonly whole?: WholeCatalog | undefined;
  /** The catalog's `maxUnshared`, where a chosen image has to be checked against it. */
  readonly limit?: SharingLimit | undefined;
  /** Asks the catalog's policies about the chosen images; undefined where it has none. */
  readonly judge?: ((question: PolicyQuestion) => Promise<PolicyReport>) | undefined;
}

/** What the policies of a project are asked. */
export interface PolicyQuestion {
  /** What was built of the images that a policy wants to see built. */
  readonly facts?: readonly NamedFacts[];
  /** True when layers were decided since the project was opened, so that an earlier answer is stale. */
  readonly decided?: boolean;
}

/** What a project of this process is opened with. */
interface OpenProjectOptions extends LookUpBasesOptions {
  /** Instead of the catalog's; of an image, instead of linux on this machine's processor. */
  readonly platforms?: readonly (string | Platform)[] | undefined;
}

/** Plans an image, or all images of a catalog, of this process. */
export async function openProject(
  what: Image | Catalog,
  { platforms, ...options }: OpenProjectOptions,
): Promise<Project> {
  const context = resolve(options.context ?? ".");
  if (isCatalog(what)) return openCatalog(what, context, platforms ?? what.platforms, options);
  const prepared = await prepareImage(what, platforms ?? [undefined], options);
  const plans = prepared.map((optimized) => ({ platform: optimized.plan.platform, optimized }));
  return { name: "", context, names: [""], groups: {}, images: [{ name: "", plans }] };
}

async function openCatalog(
  catalog: Catalog,
  context: string,
  platforms: readonly (string | Platform)[],
  options: LookUpBasesOptions,
): Promise<Project> {
  const { name, names, groups, maxLayers, policies } = catalog;
  const imagesFor = async (on: readonly (string | Platform)[]) => {
    const prepared = await prepareCatalog(catalog, on, options);
    return names.map((image): ProjectImage => {
      const plans = on.map((platform) => prepared(image, platform));
      return {
        name: image,
        plans: plans.map((optimized) => ({ platform: optimized.plan.platform, optimized })),
      };
    });
  };
  const images = await imagesFor(platforms);
  const project: Project = {
    name,
    context,
    names,
    groups,
    images,
    limit: sharingLimitOf(catalog, names, platforms, options.context),
    whole: {
      maxLayers,
      plans: async (on = catalog.platforms.map(platformText)) => namedPlans(await imagesFor(on)),
    },
  };
  if (policies.length === 0) return project;
  return {
    ...project,
    async judge({ facts = [] }) {
      const { judgePlans } = await import("./gate/policies.js");
      return judgePlans(catalog, namedPlans(images), { ...options, facts });
    },
  };
}

/** The plans of images, each with the name of its image. */
export function namedPlans(
  images: readonly ProjectImage[],
): { readonly name: string; readonly plan: Plan }[] {
  return images.flatMap(({ name, plans }) => plans.map(({ optimized }) => ({ name, plan: optimized.plan })));
}

/** `acme/api`: what the store remembers builds of an image by; undefined for an image of no catalog. */
export function knownAs({ name: catalog }: Pick<Project, "name">, image: string): string | undefined {
  return catalog === "" ? undefined : `${catalog}/${image}`;
}

/** The project with one platform of each image alone. */
export function onPlatform(project: Project, platform: Platform): Project {
  const text = platformText(platform);
  const same = (one: { readonly platform: Platform }) => platformText(one.platform) === text;
  const { images, limit } = project;
  return {
    ...project,
    images: images.map((image) => ({ ...image, plans: image.plans.filter(same) })),
    limit: limit && {
      ...limit,
      images: limit.images.map(({ checked, ...image }) => ({
        ...image,
        plans: image.plans.filter(same),
        ...(checked && { checked: { ...checked, keep: checked.keep.filter(same) } }),
      })),
    },
  };
}

/**
 * The full reference that an image is written under: `acme/app` is `docker.io/acme/app:latest`.
 *
 * @throws {DefinitionError} REFERENCE_INVALID
 */
export function fullReference(reference: string): string {
  return canonicalReference(parseReference(reference));
}
