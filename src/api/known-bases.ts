import { resolveBases } from "../engine/resolve-bases.js";
import type { Plan } from "../plan/plan.js";
import { withWorkspace } from "./workspace.js";

/** A plan with what it needs to know of its bases on disk: config, folders that it writes into, owners that it names. */
export function knownBases(plan: Plan, context: string, store?: string): Promise<Plan> {
  return withWorkspace({ context, store }, async ({ portsFor, context: folder }) =>
    resolveBases(plan, await portsFor(plan), folder),
  );
}
