import { resolve } from "node:path";
import type { OptimizedPlan } from "../../src/plan/passes/pipeline.js";
import { buildProject } from "../../src/project/deliver.js";
import type { BuildOptions, BuildResult, OutputTarget } from "../../src/project/options.js";
import type { Project } from "../../src/project/project.js";
import { type SynthOptions, type SynthResult, synthesizeProject } from "../../src/project/synthesize.js";

/** A plan of an image that a test made itself. */
export interface TestPlan {
  readonly name: string;
  readonly optimized: OptimizedPlan;
  readonly output?: OutputTarget;
}

/** A project of plans that no catalog stands for. */
function projectOf(plans: readonly TestPlan[], context: string | undefined): Project {
  const images = [...new Set(plans.map(({ name }) => name))].map((name) => ({
    name,
    plans: plans
      .filter((plan) => plan.name === name)
      .map(({ optimized }) => ({ platform: optimized.plan.platform, optimized })),
  }));
  const names = images.map(({ name }) => name);
  return { name: "", context: resolve(context ?? "."), names, groups: {}, images };
}

/** Builds plans, each an image of its own. */
export async function buildPlans(
  plans: readonly TestPlan[],
  { output, reference, ...settings }: BuildOptions,
): Promise<BuildResult[]> {
  const target = typeof output === "string" ? { type: "archive" as const, dest: output } : output;
  const delivery = { targets: plans.map((plan) => plan.output ?? target), referenceOf: () => reference };
  const { images } = await buildProject(projectOf(plans, settings.context), delivery, settings);
  return images.map(({ result }) => result);
}

/** Builds one plan. */
export async function buildPlan(optimized: OptimizedPlan, options: BuildOptions): Promise<BuildResult> {
  return (await buildPlans([{ name: "", optimized }], options))[0]!;
}

/** Writes plans as Dockerfiles. */
export function synthPlans(
  plans: readonly TestPlan[],
  { catalog, ...options }: SynthOptions & { readonly catalog?: Pick<Project, "name" | "names" | "groups"> },
): Promise<SynthResult> {
  return synthesizeProject({ ...projectOf(plans, options.context), ...catalog }, options);
}
