import { addressPlan } from "../address.js";
import { noteUndecided } from "../layering.js";
import type { Plan } from "../plan.js";
import { assertPlan } from "../plan.js";
import { CatalogView } from "./catalog-view.js";
import { cleanInLayer, moveCleanUps } from "./clean-in-layer.js";
import { dropDeadStages } from "./drop-dead-stages.js";
import { foldMetadata } from "./fold-metadata.js";
import { joinConfig } from "./join-config.js";
import { dropOverwritten, joinCopies } from "./join-copies.js";
import { joinRuns } from "./join-runs.js";
import { lateRemove } from "./late-remove.js";
import type { Pass, SourceProbe } from "./pass.js";
import { onceEachLine, type PassRecord, type PassWarning } from "./pass.js";
import { pruneContext } from "./prune-context.js";

/** Every pass, in the order in which they run: what makes others possible comes first. */
export const passes: readonly Pass[] = [
  foldMetadata,
  moveCleanUps,
  cleanInLayer,
  joinRuns,
  lateRemove,
  joinCopies,
  dropOverwritten,
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

/** Options of the passes. */
interface PipelineOptions {
  /** Looks up which paths of a context are directories; without it, rewrites that depend on it do not fire. */
  readonly probe?: SourceProbe;
  /** The passes that run; all of them unless a test says otherwise. */
  readonly passes?: readonly Pass[];
}

/** One of several plans that are optimized together. */
interface PlanToOptimize {
  readonly plan: Plan;
  readonly probe?: SourceProbe;
}

/**
 * Runs the passes over the plans of all images of a catalog, which share the layers of the steps that they have in
 * common: what a pass may do to one image depends on what the others use. Each plan is checked after each pass, and
 * every stage and layer gets its final id.
 */
export function optimizeTogether(
  plans: readonly PlanToOptimize[],
  options: Pick<PipelineOptions, "passes"> = {},
): readonly OptimizedPlan[] {
  const items = plans.map(({ plan, probe = () => undefined }) => ({
    plan,
    probe,
    records: [] as PassRecord[],
    warnings: [] as PassWarning[],
    settled: new Set<string>(),
  }));
  let catalog: CatalogView | undefined;
  for (const pass of options.passes ?? passes) {
    const view = catalog ?? new CatalogView(items.map(({ plan }) => plan));
    let changed = false;
    for (const item of items) {
      const { probe, records, warnings, settled } = item;
      const plan = pass.apply(item.plan, {
        probe,
        catalog: view,
        record: (entry) => records.push({ pass: pass.name, ...entry }),
        warn: (entry) => warnings.push({ pass: pass.name, ...entry }),
        settledByBase: ({ id }) => settled.add(id),
      });
      assertPlan(plan, pass.name);
      changed ||= plan.stages.some((stage, at) => stage !== item.plan.stages[at]);
      changed ||= plan.stages.length !== item.plan.stages.length;
      // The view knows stages by the objects that they are.
      item.plan = plan;
    }
    catalog = changed ? undefined : view;
  }
  return items.map(({ plan, records, warnings, settled }) => ({
    plan: noteUndecided(addressPlan(withSettled(plan, settled))),
    records,
    warnings: onceEachLine(warnings),
  }));
}

/** The plan with a note in the layers of stages that what their bases hold decided about. */
function withSettled(plan: Plan, settled: ReadonlySet<string>): Plan {
  if (settled.size === 0) return plan;
  const stages = plan.stages.map((stage) => {
    if (!settled.has(stage.id)) return stage;
    return { ...stage, layers: stage.layers.map((layer) => ({ ...layer, settledByBase: true as const })) };
  });
  return { ...plan, stages };
}

/** Runs the passes over a plan by itself. */
export function optimize(plan: Plan, options: PipelineOptions = {}): OptimizedPlan {
  const { probe, ...rest } = options;
  return optimizeTogether([{ plan, ...(probe === undefined ? {} : { probe }) }], rest)[0]!;
}
