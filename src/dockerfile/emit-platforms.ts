import type { Platform } from "../oci/platform.js";
import { type MergedPlans, mergePlans } from "../plan/merge-plans.js";
import type { Plan } from "../plan/plan.js";
import type { Emission } from "./emission.js";
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
 * Writes the plans of one image, one a platform, as one Dockerfile. Where it would be the same for all of them it is just
 * that. Else what differs has stages with the platform in their names, and the last stage chooses among the images by the
 * platform that the builder builds for. Pure.
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
      emitStage(emission, stage, image === undefined ? names.unique(stem) : nameOf(image.platform));
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
