// Runs as a child of `knownBasesSync`: a plan on standard input, the same plan with its known bases on standard output.
import { text } from "node:stream/consumers";
import { errorData } from "../errors/error-data.js";
import type { Plan } from "../plan/plan.js";
import { knownBases } from "./known-bases.js";

const { plan, context } = JSON.parse(await text(process.stdin)) as { plan: Plan; context: string };
try {
  process.stdout.write(JSON.stringify({ plan: await knownBases(plan, context) }));
} catch (error) {
  const failure = errorData(error);
  if (failure === undefined) throw error;
  process.stdout.write(JSON.stringify({ failure }));
}
