// Runs as a child of `knownBasesSync`: a plan on standard input, the same plan with its known bases on standard output.
import type { Plan } from "../plan/plan.js";
import { answerParent } from "./answer-parent.js";
import { knownBases } from "./known-bases.js";

await answerParent(({ plan, context }: { plan: Plan; context: string }) => knownBases(plan, context));
