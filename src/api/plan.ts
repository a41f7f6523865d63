import type { Image } from "../image/image.js";
import type { Plan } from "../plan/plan.js";
import { pinByLock } from "../project/lock/pin-plans.js";
import { lowerImage, type PlanOptions, preparePlans } from "../project/prepare/prepare.js";

/**
 * What an image lowers to after all passes: stages and layers as JSON data with digests as ids, which both syntheses
 * read. Nothing is built. Of files only the lock is read; those of the context are told from directories. What steps need
 * to know of a base is looked up.
 *
 * @throws {PlanError} RELATIVE_NEEDS_WORKDIR, CONTEXT_NAME_TAKEN
 * @throws {PlanError} LOCK_INVALID, LOCK_CONFLICT, LOCK_VERSION
 * @throws {DefinitionError} PLATFORM_INVALID
 * @example
 * ```ts
 * import { Image, plan } from "layerwright";
 *
 * const image = Image.scratch().write("/a", "1").chmod("/a", 0o600);
 * const { stages } = await plan(image);
 * console.log(stages[0]?.layers.length); // 1
 * ```
 */
export async function plan(image: Image, options: PlanOptions = {}): Promise<Plan> {
  const [prepared] = await preparePlans([lowerImage(image.node, options)], { ...options, askOnce: true });
  return pinByLock([prepared!.plan], options)[0]!;
}
