import { resolve } from "node:path";
import type { Catalog } from "../catalog/catalog.js";
import { PlanError } from "../errors/layerwright-error.js";
import { wholeOf } from "../project/gate.js";
import { observedPlatform } from "../project/platforms.js";
import { platformOf, prepareCatalog } from "../project/prepare.js";
import { fullReference } from "../project/references.js";
import { DEFAULT_REPORT, type ReportOptions, type ReportResult } from "../project/report.js";
import { watched } from "./watched.js";

/**
 * Writes one page about a catalog: which layers its images share, what is in each image, and how large it was in
 * earlier builds. It is one HTML file that asks nothing of the network.
 *
 * The images are built into the store for one platform, where what did not change is at hand; nothing else is written,
 * and it does not count as a build. `out` is written whole or not at all. The page is dated by `SOURCE_DATE_EPOCH`, else
 * by now.
 *
 * @throws {PlanError} REPORT_EMPTY, and all that {@link build} throws
 * @throws {EnvironmentError} OUTPUT_IS_FOLDER, OUTPUT_UNWRITABLE
 * @example
 * ```ts
 * import { Catalog, Image, report } from "layerwright";
 *
 * const base = Image.scratch().write("/etc/motd", "acme\n");
 * const api = Image.from(base).write("/srv/api", "1");
 * const web = Image.from(base).write("/srv/web", "1");
 * const { out, virtualBytes, effectiveBytes } = await report(new Catalog("acme", { api, web }), { out: "report.html" });
 * console.log(out, virtualBytes - effectiveBytes); // what sharing saves
 * ```
 */
export async function report(catalog: Catalog, options: ReportOptions = {}): Promise<ReportResult> {
  return watched(options, (told) => reportNow(catalog, told));
}

async function reportNow(catalog: Catalog, options: ReportOptions): Promise<ReportResult> {
  const { out = DEFAULT_REPORT, platform: asked, ...settings } = options;
  const context = resolve(options.context ?? ".");
  const platform = asked === undefined ? observedPlatform(catalog.platforms) : platformOf(asked);
  const prepared = await prepareCatalog(catalog, [platform], options);
  const jobs = catalog.names.map((name) => ({
    name,
    plan: prepared(name, platform).plan,
    references: [fullReference(`${catalog.name}/${name}`)],
  }));
  if (jobs.length === 0) throw new PlanError("REPORT_EMPTY", { catalog: catalog.name });
  const { withObservedJobs } = await import("../project/observe.js");
  const { writeReport } = await import("../project/report.js");
  return withObservedJobs(jobs, { ...settings, whole: wholeOf(catalog, options) }, (images, { store }) =>
    writeReport(images, {
      title: catalog.name,
      out: resolve(context, out),
      store,
      catalog: { context, name: catalog.name },
    }),
  );
}
