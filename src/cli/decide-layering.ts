import { decideFirst } from "../project/gate.js";
import type { PinOptions } from "../project/pin-plans.js";
import type { OpenCatalog } from "./open-catalog.js";
import { withProgress } from "./progress.js";
import type { Session } from "./session.js";

/**
 * Decides the layers of squash `"auto"` before some images of a catalog are made: the decision is about all of them, and
 * those that were not asked for count too. Does nothing where all is decided, or nothing may be.
 *
 * @param reopen asks the policies again, which must see what was decided
 */
export async function decideForCatalog(
  session: Session,
  chosen: OpenCatalog,
  options: PinOptions,
  reopen?: () => Promise<OpenCatalog>,
): Promise<OpenCatalog> {
  const { context, images, whole } = chosen;
  const plans = images.flatMap((image) => image.plans.map(({ optimized }) => optimized.plan));
  const names = images.flatMap((image) => image.plans.map(() => image.name));
  const { signal } = session;
  const decided = await withProgress(session, (progress) =>
    decideFirst(plans, { ...options, context, whole, names, signal, progress }),
  );
  if (!decided || reopen === undefined || chosen.policies === undefined) return chosen;
  const { policies } = await reopen();
  return policies === undefined ? chosen : { ...chosen, policies };
}
