import type { PlatformPlan } from "./build-plan.js";
import { type PinOptions, pinPlans } from "./pin-plans.js";

/** Jobs of several plans each, with all plans pinned in one go: what is missing is said whole, and is asked for once. */
export async function pinEach<
  Job extends { readonly name?: string; readonly plans: readonly PlatformPlan[] },
>(jobs: readonly Job[], options: PinOptions): Promise<Job[]> {
  const all = jobs.flatMap(({ plans }) => plans.map(({ optimized }) => optimized.plan));
  const names = jobs.flatMap(({ name, plans }) => plans.map(() => name ?? ""));
  const pinned = await pinPlans(all, { ...options, names });
  let next = 0;
  return jobs.map((job) => ({
    ...job,
    plans: job.plans.map((one) => ({ ...one, optimized: { ...one.optimized, plan: pinned[next++]! } })),
  }));
}
