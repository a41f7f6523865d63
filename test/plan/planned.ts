import type { Image } from "../../src/image/image.js";
import { lower } from "../../src/plan/lower.js";
import { describeOperation } from "../../src/plan/operation.js";
import type { Pass, SourceProbe } from "../../src/plan/passes/pass.js";
import { type OptimizedPlan, optimize, optimizeTogether, passes } from "../../src/plan/passes/pipeline.js";
import type { Plan } from "../../src/plan/plan.js";

const platform = { os: "linux", architecture: "amd64" };

/** A plan as lowering leaves it. */
export function lowered(image: Image): Plan {
  return lower(image.node, { platform });
}

/** A plan after the named passes (all of them by default), with a context in which these paths exist. */
export function planned(
  image: Image,
  context: Readonly<Record<string, "file" | "folder">> = {},
  names?: readonly string[],
): OptimizedPlan {
  const probe: SourceProbe = (_, path) => context[path] ?? "missing";
  const chosen: readonly Pass[] =
    names === undefined ? passes : passes.filter((pass) => names.includes(pass.name));
  return optimize(lowered(image), { probe, passes: chosen });
}

/** The plans of several images of one catalog after the passes. */
export function plannedTogether(
  images: readonly Image[],
  context: Readonly<Record<string, "file" | "folder">> = {},
): readonly OptimizedPlan[] {
  const probe: SourceProbe = (_, path) => context[path] ?? "missing";
  // As they come from another process: nothing may depend on which objects are the same.
  const plans = JSON.parse(JSON.stringify(images.map(lowered))) as Plan[];
  return optimizeTogether(plans.map((plan) => ({ plan, probe })));
}

/** The commands of a stage, the last one by default. */
export function commandsIn(plan: Plan, stage = plan.stages.length - 1): unknown[] {
  return (plan.stages[stage]?.layers ?? []).flatMap((layer) =>
    layer.operations.flatMap((operation) => (operation.op === "run" ? [operation.command] : [])),
  );
}

/** The layers of the last stage, each as short descriptions of its operations. */
export function layersOf(plan: Plan): string[][] {
  return (plan.stages.at(-1)?.layers ?? []).map((layer) => layer.operations.map(describeOperation));
}
