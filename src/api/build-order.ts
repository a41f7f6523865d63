import { availableParallelism } from "node:os";
import type { Plan } from "../plan/plan.js";
import { stageKeys } from "../plan/stage-keys.js";

/** Images that are built together, by their place in the list that was given. */
export interface BuildOrder {
  /** Every image after those that it is made from. */
  readonly order: readonly number[];
  /** The images that one is made from. */
  needs(at: number): readonly number[];
}

/** How many images are built at once: commands wait for more than processors, and layers are packed by all of them. */
export const IMAGES_AT_ONCE = Math.max(4, availableParallelism());

/** Finds which images are made from others, from the plans of each, one a platform. */
export function buildOrder(images: readonly (readonly Plan[])[]): BuildOrder {
  const makers = new Map<string, number>();
  const keys = images.map((plans) => plans.map((plan) => [...stageKeys(plan).values()]));
  for (const [at, plans] of keys.entries()) {
    for (const own of plans) {
      const last = own.at(-1)!;
      if (!makers.has(last)) makers.set(last, at);
    }
  }
  const needed = keys.map((plans, at) => {
    const found = plans.flatMap((own) => own.slice(0, -1).map((key) => makers.get(key)));
    return [...new Set(found)].filter((maker) => maker !== undefined && maker !== at) as number[];
  });
  const order: number[] = [];
  const seen = new Set<number>();
  const visit = (at: number): void => {
    if (seen.has(at)) return;
    seen.add(at);
    for (const before of needed[at]!) visit(before);
    order.push(at);
  };
  for (const at of images.keys()) visit(at);
  return { order, needs: (at) => needed[at]! };
}
