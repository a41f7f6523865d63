import { sha256Hex } from "../core/bytes.js";
import { canonicalJson } from "../core/json.js";
import type { Platform } from "../oci/platform.js";
import { renameBase, renameSources } from "../plan/address.js";
import type { Operation } from "../plan/operation.js";
import { mapSources, type Plan, type Stage } from "../plan/plan.js";
import type { Emission } from "./draft.js";
import {
  type DockerfileOptions,
  type EmittedDockerfile,
  emitDockerfile,
  emitSections,
} from "./emit-dockerfile.js";
import { emitStage } from "./emit-stage.js";
import type { Instruction } from "./instruction.js";
import { wantedNames } from "./names.js";

/**
 * Writes the plans of one image, one a platform, as one Dockerfile. Where it would be the same for all of them it is
 * just that. Else what differs has stages with the platform in their names, and the last stage chooses among the images
 * by the platform that the builder builds for. Pure.
 *
 * @throws {PlanError} as {@link emitDockerfile}
 */
export function emitPlatforms(plans: readonly Plan[], options: DockerfileOptions = {}): EmittedDockerfile {
  const all = plans.map((plan) => emitDockerfile(plan, options));
  const [first, ...others] = all;
  const stageNames = all.flatMap((one) => one.stageNames);
  if (others.every((other) => isSame(first!, other))) return { ...first!, stageNames };
  const { plan, images, platforms, renamed } = mergePlans(plans, platformSuffix);
  const emitted = emitMerged(plan, images, platforms, options);
  const named = (at: number) =>
    [...renamed[at]!].map(([id, own]) => [id, emitted.stageNames[0]!.get(own)!] as const);
  return { ...emitted, stageNames: plans.map((_, at) => new Map(named(at))) };
}

function emitMerged(
  plan: Plan,
  images: MergedPlans["images"],
  platforms: MergedPlans["platforms"],
  options: DockerfileOptions,
): EmittedDockerfile {
  // They differed in the lines that they were written in, at most.
  if (images.every(({ stage }) => stage === images[0]!.stage)) return emitDockerfile(plan, options);
  return emitSections(plan, options, (emission) => {
    const { names } = emission;
    const wanted = wantedNames(plan);
    const final = names.unique(wanted.get(plan.stages.at(-1)!.id)!);
    const prefix = names.family(
      final,
      images.map(({ platform }) => platformSuffix(platform)),
    );
    const nameOf = (platform: Platform) => `${prefix}-${platformSuffix(platform)}`;
    for (const stage of plan.stages) {
      const [own, ...more] = platforms.get(stage.id)!;
      const image = images.find((one) => one.stage === stage.id);
      const stem = `${wanted.get(stage.id)!}${more.length === 0 ? `-${platformSuffix(own!)}` : ""}`;
      const name = image === undefined ? names.unique(stem) : nameOf(image.platform);
      emitStage(emission, stage, name, image !== undefined);
    }
    for (const { platform, stage } of images) {
      const { name } = emission.stages.get(stage)!;
      if (name === nameOf(platform)) continue;
      addSection(emission, [{ kind: "from", base: name, as: nameOf(platform) }]);
    }
    chooseImage(
      emission,
      { prefix, final },
      images.some(({ platform }) => platform.variant !== undefined),
    );
  });
}

/** As the variables of a builder give it: `amd64`, `armv7`. The operating system is Linux always. */
function platformSuffix({ architecture, variant }: Platform): string {
  return `${architecture}${variant ?? ""}`;
}

/** The stage that is the image of the platform which is built. */
function chooseImage(
  emission: Emission,
  { prefix, final }: { readonly prefix: string; readonly final: string },
  variants: boolean,
): void {
  const variables = variants ? ["TARGETARCH", "TARGETVARIANT"] : ["TARGETARCH"];
  const last: Instruction = {
    kind: "from",
    base: `${prefix}-${variables.map((name) => `\${${name}}`).join("")}`,
    as: final,
  };
  addSection(emission, [last]);
  // Buildah 1.28 knows them in a FROM once they are declared; BuildKit before Docker 28 forgets them then.
  if (emission.dialect.name === "classic") emission.variables.push(...variables);
}

function addSection(emission: Emission, instructions: readonly Instruction[]): void {
  emission.sections.push({ name: "", instructions });
}

function isSame(left: EmittedDockerfile, right: EmittedDockerfile): boolean {
  const contexts = ({ contexts }: EmittedDockerfile) => JSON.stringify(contexts);
  return left.text === right.text && left.ignore === right.ignore && contexts(left) === contexts(right);
}

/** The stages of an image for several platforms, where equal ones are there once. */
interface MergedPlans {
  /** All stages, each after those that it needs; its ids are those of `images` and `platforms`. */
  readonly plan: Plan;
  /** The stage that is the image, by platform. */
  readonly images: readonly { readonly platform: Platform; readonly stage: string }[];
  /** The platforms that a stage is for, by its id. */
  readonly platforms: ReadonlyMap<string, readonly Platform[]>;
  /** The new ids of each plan's stages by the ids that they had, in the order of the plans. */
  readonly renamed: readonly ReadonlyMap<string, string>[];
}

/** Members that say where a stage was written and how its layers came to be: no part of what it does. */
const NOT_COMPARED: ReadonlySet<string> = new Set(["origin", "decided", "settledByBase", "undecidedId"]);

/** A stage without its name, which is no part of what it does either. */
function unnamed({ name: _, ...stage }: Stage): Stage {
  return stage;
}

/**
 * Puts the plans of one image for several platforms together. Stages are the same when they do the same, whatever the
 * lines they were written in; also what is known of their bases and sources has to be the same.
 *
 * @param suffix makes a name of its own for a named context that is another directory on another platform
 */
function mergePlans(plans: readonly Plan[], suffix: (platform: Platform) => string): MergedPlans {
  const stages = new Map<string, Stage>();
  const platforms = new Map<string, Platform[]>();
  const images: { platform: Platform; stage: string }[] = [];
  const contexts: Record<string, string> = {};
  const all: ReadonlyMap<string, string>[] = [];
  for (const plan of plans) {
    const names = contextNames(plan, contexts, suffix(plan.platform));
    for (const [name, folder] of Object.entries(plan.contexts)) contexts[names.get(name) ?? name] = folder;
    const renamed = new Map<string, string>();
    for (const stage of plan.stages) {
      const layers = stage.layers.map((layer) => ({
        ...layer,
        id: "",
        operations: layer.operations.map((operation) =>
          renameContexts(renameSources(operation, renamed), names),
        ),
      }));
      const merged: Stage = { ...stage, id: "", base: renameBase(stage.base, renamed), layers };
      const id = sha256Hex(canonicalJson(unnamed(merged), (key) => NOT_COMPARED.has(key)));
      renamed.set(stage.id, id);
      if (!stages.has(id)) stages.set(id, { ...merged, id });
      platforms.set(id, [...(platforms.get(id) ?? []), plan.platform]);
    }
    all.push(renamed);
    images.push({ platform: plan.platform, stage: renamed.get(plan.stages.at(-1)!.id)! });
  }
  return { plan: { ...plans[0]!, stages: [...stages.values()], contexts }, images, platforms, renamed: all };
}

/** New names for the contexts of a plan whose names stand for other directories already. */
function contextNames(
  { contexts }: Plan,
  taken: Readonly<Record<string, string>>,
  suffix: string,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, folder] of Object.entries(contexts)) {
    let own = name;
    while ((taken[own] ?? folder) !== folder) own = `${own}-${suffix}`;
    if (own !== name) names.set(name, own);
  }
  return names;
}

function renameContexts(operation: Operation, names: ReadonlyMap<string, string>): Operation {
  return mapSources(operation, (source) => {
    const name = source.from === "context" && source.context !== undefined && names.get(source.context);
    return name ? { ...source, context: name } : source;
  });
}
