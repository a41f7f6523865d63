import type { Plan } from "../plan/plan.js";
import { contextFiles } from "./context-files.js";
import { inputStamp } from "./input-stamp.js";
import { lastBuilt } from "./last-built.js";
import type { LockPlace } from "./lock-options.js";
import { pinByLock } from "./pin-by-lock.js";
import { openStore } from "./store.js";

/** An image of a catalog, and the name that the store remembers its builds by: `acme/api`. */
export interface KnownImage {
  readonly knownAs: string;
  /** One a platform. */
  readonly plans: readonly Plan[];
}

/** Where the images and their builds are. */
export interface ChangedOptions extends LockPlace {
  /** Absolute. */
  readonly context: string;
  readonly store?: string | undefined;
}

/**
 * Which images are no longer what was built last with this store, or never were: for each whether its description, what
 * the lock pins, a file that it reads or a base on disk has changed. What cannot be told, such as a source that is gone,
 * counts as changed, and is said by the build.
 */
export async function changedSince(
  images: readonly KnownImage[],
  { context, store: folder, ...lock }: ChangedOptions,
): Promise<readonly boolean[]> {
  const all = images.flatMap(({ plans }) => plans);
  const pinned = new Map(pinByLock(all, { ...lock, context }).map((plan, at) => [all[at]!, plan]));
  const store = await openStore(folder);
  try {
    const results: boolean[] = [];
    for (const { knownAs, plans } of images) {
      const changed = await Promise.all(
        plans.map(async (own) => {
          const plan = pinned.get(own)!;
          const record = await lastBuilt(store, { context, knownAs, platform: plan.platform });
          return record?.inputs === undefined || record.inputs !== stampOrNone(plan, context);
        }),
      );
      results.push(changed.includes(true));
    }
    return results;
  } finally {
    await store.close();
  }
}

function stampOrNone(plan: Plan, context: string): string | undefined {
  try {
    return inputStamp(plan, contextFiles(context, plan.contexts), context);
  } catch {
    return undefined;
  }
}
