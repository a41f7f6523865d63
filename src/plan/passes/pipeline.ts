import { addressPlan } from "../address.js";
import { assertPlan } from "../assert-plan.js";
import { noteUndecided } from "../layering.js";
import type { Plan } from "../plan.js";
import type { PassRecord, PassWarning } from "../record.js";
import { cleanInLayer } from "./clean-in-layer.js";
import { dropDeadStages } from "./drop-dead-stages.js";
import { foldMetadata } from "./fold-metadata.js";
import { joinConfig } from "./join-config.js";
import { joinCopies } from "./join-copies.js";
import { joinRuns } from "./join-runs.js";
import { lateRemove } from "./late-remove.js";
import type { Pass, SourceProbe } from "./pass.js";
import { pruneContext } from "./prune-context.js";

/** Every pass, in the order in which they run: what makes others possible comes first. */
export const passes: readonly Pass[] = [
  foldMetadata,
  lateRemove,
  cleanInLayer,
  joinRuns,
  joinCopies,
  joinConfig,
  dropDeadStages,
  pruneContext,
];

/** A plan after the passes, with all that they did and saw. */
export interface OptimizedPlan {
  readonly plan: Plan;
  readonly records: readonly PassRecord[];
  readonly warnings: readonly PassWarning[];
}

/** What can be chosen about the passes. */
export interface PipelineOptions {
  /** Tells files from folders in the contexts; without it, rewrites that depend on it do not fire. */
  readonly probe?: SourceProbe;
  /** Which passes run; all of them unless a test says otherwise. */
  readonly passes?: readonly Pass[];
}

/** One of several plans that are optimized together. */
export interface PlanToOptimize {
  readonly plan: Plan;
  readonly probe?: SourceProbe;
}

/**
 * Runs the passes over the plans of all images of a catalog, which share the layers of the steps that they have in
 * common: what a pass may do to one image depends on what the others use.
 */
export function optimizeTogether(
  plans: readonly PlanToOptimize[],
  options: Pick<PipelineOptions, "passes"> = {},
): readonly OptimizedPlan[] {
  return plans.map(({ plan, ...own }) => optimize(plan, { ...options, ...own }));
}

/** Runs the passes over a plan, checks it after each, and gives every stage and layer its final id. */
export function optimize(plan: Plan, options: PipelineOptions = {}): OptimizedPlan {
  const records: PassRecord[] = [];
  const warnings: PassWarning[] = [];
  const probe: SourceProbe = options.probe ?? (() => undefined);
  let current = plan;
  for (const pass of options.passes ?? passes) {
    current = pass.apply(current, {
      probe,
      record: (entry) => records.push({ pass: pass.name, ...entry }),
      warn: (entry) => warnings.push({ pass: pass.name, ...entry }),
    });
    assertPlan(current, pass.name);
  }
  return { plan: noteUndecided(addressPlan(current)), records, warnings };
}
