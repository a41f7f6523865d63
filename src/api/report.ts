import { resolve } from "node:path";
import type { Catalog } from "../catalog/catalog.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { BuildOptions } from "./build-types.js";
import { observedPlatform } from "./observed-platform.js";
import { platformOf } from "./plan-image.js";
import { prepareCatalog } from "./prepare-plans.js";
import { fullReference } from "./references.js";
import { watched } from "./watched.js";
import { wholeOf } from "./whole-catalog.js";

/** Where the report goes, and how its images are made. */
export interface ReportOptions extends Omit<BuildOptions, "output" | "reference"> {
  /** The file. Relative to the context folder. @default - "layerwright.out/report.html" */
  readonly out?: string;
  /** One of the catalog's platforms. @default - linux on this machine's processor, or the catalog's first */
  readonly platform?: string;
}

/** What was written, with its main figures. Bytes are of the layers' plain tars. */
export interface ReportResult {
  /** The page, absolute. */
  readonly out: string;
  /** Bytes of the page. */
  readonly bytes: number;
  readonly images: readonly ReportedImage[];
  /** Sum over the images, as if nothing were shared. */
  readonly virtualBytes: number;
  /** Every layer once. */
  readonly effectiveBytes: number;
}

/** One image of a report. */
export interface ReportedImage {
  readonly name: string;
  readonly platform: string;
  /** Bytes of all its layers. */
  readonly virtualBytes: number;
  /** Bytes of the layers that no other image of the report has. */
  readonly uniqueBytes: number;
}

/** Where the page goes unless somebody says otherwise, in the context folder. */
export const DEFAULT_REPORT = "layerwright.out/report.html";

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
  const { withObservedJobs } = await import("./observe.js");
  const { writeReport } = await import("./write-report.js");
  return withObservedJobs(jobs, { ...settings, whole: wholeOf(catalog, options) }, (images, { store }) =>
    writeReport(images, {
      title: catalog.name,
      out: resolve(context, out),
      store,
      catalog: { context, name: catalog.name },
    }),
  );
}
