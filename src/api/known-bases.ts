import { resolveBases } from "../engine/resolve-bases.js";
import type { Plan } from "../plan/plan.js";
import { hasUnknownBase } from "./known-bases-sync.js";
import { type WorkspaceOptions, withWorkspace } from "./workspace.js";

/**
 * Plans with what they need to know of their bases: config, directories that they write into, owners that they name.
 * Bases that are known already are not looked at again.
 */
export async function lookUpBases(
  plans: readonly Plan[],
  options: WorkspaceOptions,
): Promise<readonly Plan[]> {
  if (!plans.some(hasUnknownBase)) return plans;
  return withWorkspace(options, async ({ portsFor, context }) => {
    const known: Plan[] = [];
    for (const plan of plans) {
      known.push(hasUnknownBase(plan) ? await resolveBases(plan, await portsFor(plan), context) : plan);
    }
    return known;
  });
}

/** One plan with what it needs to know of its bases. */
export async function knownBases(plan: Plan, context: string, store?: string): Promise<Plan> {
  const [known] = await lookUpBases([plan], { context, store });
  return known!;
}
