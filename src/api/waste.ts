import type { WasteReport } from "../analyze/waste/waste-report.js";
import type { Catalog } from "../catalog/catalog.js";
import { isCatalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import type { BuildOptions } from "../project/options.js";
import { observedPlatform } from "../project/platforms.js";
import { openProject } from "../project/project.js";
import { watched } from "./watched.js";

/** How images are built whose waste is looked for. */
export interface WasteOptions extends Omit<BuildOptions, "output" | "reference" | "compression"> {
  /**
   * `os/architecture[/variant]`.
   * @default - linux on this machine's processor; of a catalog that is not for it, the catalog's first
   */
  readonly platform?: string;
}

/**
 * Says what an image holds and nobody needs, with the lines that wrote it and what to do about them: files that a later
 * layer overwrites, removes or copies for their mode alone, caches, logs, duplicates and more. The image is built into
 * the store, where what did not change is at hand, and nothing is written elsewhere; of a catalog there is a report an
 * image. Bytes are those of files' contents, uncompressed.
 *
 * @throws {PlanError} RUN_NEEDS_SANDBOX, SOURCE_NOT_FOUND and others, as {@link build} does
 * @throws {RegistryError} when a base cannot be had from its registry
 * @throws {IntegrityError} when a base or a download is not what its digest says
 * @throws {EnvironmentError} when a file cannot be read
 * @example
 * ```ts
 * import { Image, waste } from "layerwright";
 *
 * const image = Image.scratch()
 *   .write("/etc/app.conf", "debug = true\n")
 *   .layer("settings", (it) => it.write("/etc/app.conf", "debug = false\n"));
 * const { efficiency, rows } = await waste(image);
 * console.log(efficiency.toFixed(2), rows[0]?.kind, rows[0]?.bytes); // 0.52 overwritten 13
 * ```
 */
export async function waste(image: Image, options?: WasteOptions): Promise<WasteReport>;
export async function waste<Name extends string>(
  catalog: Catalog<Name>,
  options?: WasteOptions,
): Promise<Record<Name, WasteReport>>;
export async function waste(
  what: Image | Catalog,
  options: WasteOptions = {},
): Promise<WasteReport | Record<string, WasteReport>> {
  return watched(options, (told) => wasteNow(what, told));
}

async function wasteNow(
  what: Image | Catalog,
  options: WasteOptions,
): Promise<WasteReport | Record<string, WasteReport>> {
  const { platform, ...settings } = options;
  const chosen = platform ?? (isCatalog(what) ? observedPlatform(what.platforms) : undefined);
  const project = await openProject(what, {
    ...settings,
    platforms: chosen === undefined ? undefined : [chosen],
  });
  const { withObservedProject } = await import("../project/observe-project.js");
  const { wasteOf } = await import("../analyze/waste/waste-of.js");
  const reports = await withObservedProject(project, settings, async (images) => {
    const made: WasteReport[] = [];
    for (const image of images) made.push(await wasteOf(image));
    return made;
  });
  return isCatalog(what) ? Object.fromEntries(reports.map((report) => [report.image, report])) : reports[0]!;
}
