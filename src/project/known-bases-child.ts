import type { Plan } from "../plan/plan.js";
import { answerParent } from "./answer-parent.js";
import { lookUpBases } from "./known-bases.js";
import { type ChildAnswer, type LookUpBasesOptions, unreachable } from "./known-bases-sync.js";

// Runs as a child of `lookUpBasesSync`: plans on standard input, the same plans with their known bases on standard output.

await answerParent(
  async ({
    plans,
    options,
  }: {
    plans: readonly Plan[];
    options: LookUpBasesOptions;
  }): Promise<ChildAnswer> => ({
    ...(await lookUpBases(plans, options)),
    unreachable: [...unreachable],
  }),
);
