import { sha256Hex } from "../core/bytes.js";
import { canonicalJson } from "../core/json.js";
import type { Operation } from "./operation.js";
import {
  type Layer,
  mapSources,
  operationsOf,
  type Plan,
  type PlanBase,
  type Stage,
  sourcesOf,
} from "./plan.js";

/** Hex characters of an id: 64 bits, plenty for the stages of one plan and short enough to read. */
const ID_LENGTH = 16;

/** An id over data, without the places it was written at and without what was found on disk. */
function idOf(value: unknown): string {
  return sha256Hex(
    canonicalJson(
      value,
      (key) => key === "origin" || key === "cleaned" || key === "found" || key === "known",
    ),
  ).slice(0, ID_LENGTH);
}

/** The id of a layer on what is below it. */
function layerId(below: string, layer: Layer, platform: unknown): string {
  const { operations, portable } = layer;
  return idOf({ below, operations, platform, ...(portable === undefined ? {} : { portable }) });
}

/**
 * Gives every stage and layer the id that its content has now, and lets references follow. Run after every
 * change of a plan, so that equal work has equal ids whatever the passes did to get there.
 */
export function addressPlan(plan: Plan): Plan {
  const renamed = new Map<string, string>();
  const stages: Stage[] = [];
  for (const stage of plan.stages) {
    const base = renameBase(stage.base, renamed);
    let below = idOf(base);
    const layers = stage.layers.map((layer) => {
      const operations = layer.operations.map((operation) => renameSources(operation, renamed));
      const next: Layer = { ...layer, operations, id: "" };
      below = layerId(below, next, plan.platform);
      return { ...next, id: below };
    });
    const id = idOf({ below, config: stage.config, squash: stage.squash, platform: plan.platform });
    renamed.set(stage.id, id);
    const known = stages.findIndex((one) => one.id === id);
    if (known < 0) stages.push({ ...stage, id, base, layers });
    else if (stages[known]!.name === undefined && stage.name !== undefined)
      stages[known] = { ...stages[known]!, name: stage.name };
  }
  return { ...plan, stages };
}

/** The base with the new id of the stage that it is. */
export function renameBase(base: PlanBase, renamed: ReadonlyMap<string, string>): PlanBase {
  return base.kind === "stage" ? { ...base, stage: renamed.get(base.stage) ?? base.stage } : base;
}

/** The operation with the new ids of the stages that it reads. */
export function renameSources(operation: Operation, renamed: ReadonlyMap<string, string>): Operation {
  return mapSources(operation, (source) =>
    source.from === "stage" ? { ...source, stage: renamed.get(source.stage) ?? source.stage } : source,
  );
}

/**
 * A name of the work of each stage, by the stage's id, that is the same in the plans of two images exactly when both
 * stages do the same with the same directories: an id knows a named context by its name alone.
 */
export function stageKeys(plan: Plan): ReadonlyMap<string, string> {
  const used = new Map<string, ReadonlySet<string>>();
  const keys = new Map<string, string>();
  for (const stage of plan.stages) {
    const contexts = contextsOf(stage, used);
    used.set(stage.id, contexts);
    const folders = Object.fromEntries([...contexts].map((name) => [name, plan.contexts[name]]));
    keys.set(
      stage.id,
      contexts.size === 0 ? stage.id : `${stage.id}-${sha256Hex(canonicalJson(folders)).slice(0, 16)}`,
    );
  }
  return keys;
}

/** The named contexts that a stage reads, also by way of the stages that it needs. */
function contextsOf(stage: Stage, used: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const contexts = new Set<string>(stage.base.kind === "stage" ? used.get(stage.base.stage) : []);
  for (const source of operationsOf(stage).flatMap(sourcesOf)) {
    if (source.from === "stage") for (const name of used.get(source.stage) ?? []) contexts.add(name);
    else if (source.context !== undefined) contexts.add(source.context);
  }
  return contexts;
}
