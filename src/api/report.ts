import { resolve } from "node:path";
import type { Catalog } from "../catalog/catalog.js";
import { DEFAULT_REPORT } from "../project/options.js";
import { observedPlatform } from "../project/platforms.js";
import { openProject } from "../project/project.js";
import type { ReportOptions, ReportResult } from "../project/report.js";
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
  const { out = DEFAULT_REPORT, platform = observedPlatform(catalog.platforms), ...settings } = options;
  const project = await openProject(catalog, { ...settings, platforms: [platform] });
  const { reportProject } = await import("../project/report.js");
  return reportProject(project, resolve(project.context, out), settings);
}
