import type { Platform } from "../oci/platform.js";
import type { BuildSettings } from "../project/build.js";
import type { OpenCatalog } from "./open-catalog.js";
import { withProgress } from "./progress.js";
import type { Session } from "./session.js";

/**
 * Checks the limit of a catalog, where it has one, before anything is written.
 *
 * @param platform the only one that is built of several
 */
export async function keepLimit(
  session: Session,
  { limit, context }: OpenCatalog,
  settings: BuildSettings,
  platform?: Platform,
): Promise<void> {
  if (limit === undefined) return;
  // Most catalogs have no limit, and what checks one takes long to load.
  const { limitFor } = await import("../project/sharing-limit.js");
  const { checkSharingLimit } = await import("../project/check-sharing-limit.js");
  const kept = platform === undefined ? limit : limitFor(limit, platform);
  const { signal } = session;
  await withProgress(session, (progress) =>
    checkSharingLimit(kept, { ...settings, context, signal, ...(progress && { progress }) }),
  );
}
