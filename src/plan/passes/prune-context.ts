import type { Plan } from "../plan.js";
import { operationsOf, sourcesOf } from "../plan.js";
import type { Pass } from "./pass.js";

/**
 * Leaves of the contexts exactly what is copied: named contexts that nothing reads any more are dropped, and what
 * the main context is read for is written down (the builder is sent no more than that).
 */
export const pruneContext: Pass = {
  name: "prune-context",
  apply(plan, log) {
    const { main, named } = readPaths(plan);
    const contexts = Object.fromEntries(Object.entries(plan.contexts).filter(([name]) => named.has(name)));
    for (const name of Object.keys(plan.contexts)) {
      if (!named.has(name))
        log.record({ before: `context ${name}`, after: "dropped, nothing is copied from it" });
    }
    if (main.length > 0 && !main.includes(".")) {
      log.record({ before: "the whole context directory", after: `only ${main.join(", ")}` });
    }
    return Object.keys(contexts).length === Object.keys(plan.contexts).length ? plan : { ...plan, contexts };
  },
};

/** The patterns that a plan reads of the main context, sorted, and the named contexts that it reads. */
function readPaths(plan: Plan): {
  readonly main: readonly string[];
  readonly named: ReadonlySet<string>;
} {
  const main = new Set<string>();
  const named = new Set<string>();
  for (const source of plan.stages.flatMap(operationsOf).flatMap(sourcesOf)) {
    if (source.from !== "context") continue;
    if (source.context === undefined) main.add(source.path);
    else named.add(source.context);
  }
  return { main: [...main].sort(), named };
}
