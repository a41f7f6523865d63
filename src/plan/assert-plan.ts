import { cleanAbsolute } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Operation, PlanSource } from "./operation.js";
import type { Plan, Stage } from "./plan.js";

/**
 * Checks that a plan holds together: stages are used after they are made, paths are absolute and clean, named
 * contexts exist, no layer is empty.
 *
 * @throws {PlanError} PLAN_INCONSISTENT
 */
export function assertPlan(plan: Plan, after: string): void {
  const fail = (reason: string): never => {
    throw new PlanError("PLAN_INCONSISTENT", { pass: after, reason });
  };
  const made = new Set<string>();
  if (plan.stages.length === 0) fail("it has no stage");
  for (const stage of plan.stages) {
    if (made.has(stage.id)) fail(`stage ${stage.id} is there twice`);
    if (stage.base.kind === "stage" && !made.has(stage.base.stage)) {
      fail(`stage ${stage.id} starts from ${stage.base.stage}, which comes later or never`);
    }
    for (const operation of operationsOf(stage)) checkOperation(operation, plan, made, fail);
    if (stage.layers.some((layer) => layer.operations.length === 0))
      fail(`stage ${stage.id} has an empty layer`);
    made.add(stage.id);
  }
}

/** All operations of a stage in order. */
export function operationsOf(stage: Stage): readonly Operation[] {
  return stage.layers.flatMap((layer) => layer.operations);
}

/** What an operation reads. */
export function sourcesOf(operation: Operation): readonly PlanSource[] {
  if (operation.op === "copy") return operation.sources;
  if (operation.op !== "run") return [];
  return (operation.mounts ?? []).flatMap((mount) => (mount.type === "bind" ? [mount.source] : []));
}

/** The path that a file operation writes, or undefined for a run. */
export function targetOf(operation: Operation): string | undefined {
  switch (operation.op) {
    case "copy":
    case "add":
      return operation.dest;
    case "run":
    case "hostRun":
      return undefined;
    default:
      return operation.path;
  }
}

function checkOperation(
  operation: Operation,
  plan: Plan,
  made: ReadonlySet<string>,
  fail: (reason: string) => never,
): void {
  const target = targetOf(operation);
  if (target !== undefined && cleanAbsolute(target) !== target)
    fail(`${target} is not a clean absolute path`);
  for (const source of sourcesOf(operation)) {
    if (source.from === "stage" && !made.has(source.stage))
      fail(`${operation.op} reads stage ${source.stage} too early`);
    if (
      source.from === "context" &&
      source.context !== undefined &&
      plan.contexts[source.context] === undefined
    ) {
      fail(`${operation.op} reads the context ${source.context}, which has no folder`);
    }
  }
}
