import { canonicalJson } from "../core/canonical-json.js";
import { sha256Hex } from "../core/sha256.js";
import { operationsOf, sourcesOf } from "./assert-plan.js";
import type { Plan, Stage } from "./plan.js";

/**
 * A name of the work of each stage, by the stage's id, that is the same in the plans of two images exactly when both
 * stages do the same with the same folders: an id knows a named context by its name alone.
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
