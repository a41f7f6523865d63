import { relative, resolve, sep } from "node:path";
import { PlanError } from "../errors/layerwright-error.js";
import { platformText } from "../oci/platform.js";
import { annotationsOf } from "../plan/apply-config.js";
import type { Plan } from "../plan/plan.js";
import { buildCommand } from "./build-command.js";
import { emitResolved } from "./dockerfile.js";
import { hasHostRun, withHostLayers } from "./host-layers.js";
import { knownBases } from "./known-bases.js";
import { hasLocalBase } from "./known-bases-sync.js";
import { pinByLock } from "./pin-by-lock.js";
import type { NamedPlan, SynthesizedImage, SynthOptions, SynthResult } from "./synth.js";
import { SynthFolder } from "./synth-folder.js";

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
  const pinned = pinByLock(
    plans.map(({ optimized }) => optimized.plan),
    options,
  );
  const folder = new SynthFolder(out);
  const images: SynthesizedImage[] = [];
  for (const [index, { name, platform, optimized }] of plans.entries()) {
    const several = plans.filter((other) => other.name === name).length > 1;
    const place = several ? `${name}/${platformText(platform).split("/").slice(1).join("-")}` : name;
    const lowered = pinned[index] ?? optimized.plan;
    const ready = hasHostRun(lowered) ? await withHostLayers(lowered, { ...options, context }) : lowered;
    const plan = await resolvedBases(ready, context, options.store);
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
