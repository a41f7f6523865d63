import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { OutputTarget } from "../project/options.js";
import { holdsPlatforms } from "../project/options.js";
import { labelOf, type Placed } from "./output-places.js";

/** The platforms of an image that go into one output. */
export interface WrittenImage {
  readonly name: string;
  readonly output: OutputTarget;
  readonly plans: readonly { readonly optimized: OptimizedPlan; readonly label: string }[];
}

/** Gathers the platforms of an image that have the same target, which then holds an index over them. */
export function writtenTogether(
  jobs: readonly (Placed & { readonly optimized: OptimizedPlan })[],
  places: readonly OutputTarget[],
): WrittenImage[] {
  const gathered = new Map<string, WrittenImage & { plans: WrittenImage["plans"][number][] }>();
  for (const [at, job] of jobs.entries()) {
    const output = places[at]!;
    const key = holdsPlatforms(output.type) ? `${job.name} ${output.dest}` : `${at}`;
    const image = gathered.get(key) ?? { name: job.name, output, plans: [] };
    image.plans.push({ optimized: job.optimized, label: labelOf(job) });
    gathered.set(key, image);
  }
  return [...gathered.values()];
}
