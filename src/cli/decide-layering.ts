import { lockOf } from "../api/pin-by-lock.js";
import type { PinOptions } from "../api/pin-plans.js";
import { missingFrom, needsOf } from "../lock/lock-needs.js";
import { type OpenCatalog, openCatalog } from "./open-catalog.js";
import { withProgress } from "./progress.js";
import type { Session } from "./session.js";

/**
 * Decides the layers of squash `"auto"` before some images of a catalog are made: the decision is about all of them, and
 * those that were not asked for count too. Does nothing where all is decided, or nothing may be.
 */
export async function decideForCatalog(
  session: Session,
  chosen: OpenCatalog,
  options: PinOptions,
): Promise<void> {
  if (options.lock === false || options.locked === true || options.offline === true) return;
  const { context } = chosen;
  const plansOf = ({ images }: OpenCatalog) =>
    images.flatMap(({ name, plans }) => plans.map(({ optimized }) => ({ name, plan: optimized.plan })));
  const needs = needsOf(plansOf(chosen).map(({ plan }) => plan));
  if (needs.layering.size === 0) return;
  const { lock } = lockOf({ ...options, context });
  if (!missingFrom(needs, lock).some(({ kind }) => kind === "layering")) return;
  const { affectedBy: _, changed: __, ...unnarrowed } = session.options;
  const whole = plansOf(await openCatalog({ ...session, options: unnarrowed }, []));
  const { pinPlans } = await import("../api/pin-plans.js");
  await withProgress(session, (progress) =>
    pinPlans(
      whole.map(({ plan }) => plan),
      {
        ...options,
        context,
        maxLayers: chosen.maxLayers,
        progress,
        signal: session.signal,
        names: whole.map(({ name }) => name),
      },
    ),
  );
}
