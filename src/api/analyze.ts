import { resolve } from "node:path";
import type { ImageDifference } from "../analyze/difference/image-difference.js";
import type { PullBytes, Sharing } from "../analyze/sharing/share-images.js";
import type { SquashPrices } from "../analyze/sharing/squash-prices.js";
import type { WasteReport } from "../analyze/waste/waste-report.js";
import { type Catalog, isCatalog } from "../catalog/catalog.js";
import { DefinitionError } from "../errors/layerwright-error.js";
import type { Image } from "../image/image.js";
import type { DiffOptions } from "../project/diff.js";
import { type BuildOptions, DEFAULT_REPORT } from "../project/options.js";
import { observedPlatform } from "../project/platforms.js";
import { lowerImage } from "../project/prepare/prepare.js";
import { openProject } from "../project/project.js";
import type { ReportOptions, ReportResult } from "../project/report.js";
import { watched } from "./watched.js";

/** How the images of a catalog are made to be looked at. */
export interface ShareOptions extends Omit<BuildOptions, "output" | "reference"> {
  /** An image of the catalog that a machine already holds: what it pulls of each of the others. @default - none */
  readonly having?: string;
}

/** What images share, and what pulling them moves. */
export interface ShareResult extends Sharing {
  /** Set when `having` names an image. */
  readonly pulls?: readonly PullBytes[];
}

/**
 * Says what the images of a catalog share: the bytes that each has for itself, those that it shares and with whom, and
 * what all of them take together. Bytes are those of uncompressed layer tars; compressed bytes those of blobs. The images
 * are built into the store, where what did not change is at hand, for one platform: this machine's, or the first. Layers
 * of one diff id are one layer, whoever built them (docs/sharing.md has the formulas).
 *
 * @throws {DefinitionError} CATALOG_INVALID when `having` is no name of the catalog
 * @throws {PlanError} those of `build`
 * @example
 * ```ts
 * import { Catalog, Image, share } from "layerwright";
 *
 * const base = Image.scratch().write("/etc/motd", "acme\n");
 * const api = Image.from(base).write("/srv/api", "1");
 * const web = Image.from(base).write("/srv/web", "2");
 * const { images, effectiveBytes } = await share(new Catalog("acme", { base, api, web }));
 * for (const { name, virtualBytes, uniqueBytes } of images) console.log(name, virtualBytes, uniqueBytes);
 * console.log(effectiveBytes); // the base once, and each difference
 * ```
 */
export async function share(catalog: Catalog, options: ShareOptions = {}): Promise<ShareResult> {
  return watched(options, (told) => shareNow(catalog, told));
}

async function shareNow(catalog: Catalog, options: ShareOptions): Promise<ShareResult> {
  const { having, platform = observedPlatform(catalog.platforms), ...settings } = options;
  if (having !== undefined && !catalog.names.includes(having)) {
    const reason = "it has no such image";
    throw new DefinitionError("CATALOG_INVALID", { reason, got: having }, { subject: having });
  }
  const project = await openProject(catalog, { ...settings, platforms: [platform] });
  // Loaded when something is built: a program that only describes images starts without it.
  const { withObservedProject } = await import("../project/observe-project.js");
  const { shareImages } = await import("../analyze/sharing/share-images.js");
  const { sharedImage } = await import("../analyze/sharing/share-images.js");
  const { pullBytes } = await import("../analyze/sharing/share-images.js");
  return withObservedProject(project, settings, async (observed) => {
    const images = observed.map(sharedImage);
    const held = images.find(({ name }) => name === having);
    return { ...shareImages(images), ...(held && { pulls: pullBytes(images, held) }) };
  });
}

/** How the images of a catalog are made to be priced. */
export type PriceSquashOptions = Omit<ShareOptions, "having">;

/**
 * Prices the squash policies `"keep"`, `"own"` and `"all"` for each image of a catalog, before one is chosen: the bytes
 * that the image gets smaller by, the bytes that it no longer shares and with whom, and what the effective bytes of the
 * whole catalog change by. The other images keep their policies, and those that stand on the image follow it. All bytes
 * are those of uncompressed layer tars of images that are really built, into the store, for one platform: this machine's,
 * or the first.
 *
 * @throws {PlanError} those of `build`
 * @example
 * ```ts
 * import { Catalog, Image, priceSquash } from "layerwright";
 *
 * const base = Image.scratch().write("/etc/motd", "acme\n".repeat(1000));
 * const api = Image.from(base).write("/srv/api", "1").write("/srv/api", "2");
 * const web = Image.from(base).write("/srv/web", "3");
 * for (const { name, prices } of await priceSquash(new Catalog("acme", { api, web }))) {
 *   for (const price of prices) console.log(name, price.squash, price.savedBytes, price.unsharedBytes, price.netBytes);
 * }
 * ```
 */
export async function priceSquash(
  catalog: Catalog,
  options: PriceSquashOptions = {},
): Promise<readonly SquashPrices[]> {
  const { platform = observedPlatform(catalog.platforms), ...settings } = options;
  const { pricedPolicies } = await import("../analyze/sharing/squash-prices.js");
  const { priceProject } = await import("../project/price-squash.js");
  const project = await openProject(catalog, { ...settings, platforms: [platform] });
  const { context } = project;
  const lowered = [...catalog].map(([name, { node }]) => {
    const planOf = (squash = node.squash) => lowerImage({ ...node, squash }, { platform, context });
    const variants = pricedPolicies.map((squash) => ({ squash, plan: planOf(squash) }));
    return { name, squash: node.squash, plan: planOf(), variants };
  });
  return (await priceProject(project, lowered, settings)).prices;
}

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

/**
 * Compares two images: config, layers, files of the final root file systems, packages (dpkg, apk, npm, Python) and
 * sizes. An image that is described is built into the store, where what did not change is at hand; one on disk is opened
 * where it lies; of a registry what is asked for is fetched. Layers at the bottom that both have are looked into only
 * where that can matter.
 *
 * Times are no difference unless `times` is set. Sizes are bytes; a file counts as changed when its sha256 does.
 *
 * @param before an image, the path of an archive or layout, or a reference of a registry
 * @throws {PlanError} SOURCE_NOT_FOUND, RUN_NEEDS_SANDBOX and others, as `build` does
 * @throws {PlanError} BASE_NOT_FOUND, BASE_KIND_WRONG when a path holds no image
 * @throws {RegistryError} when an image cannot be had from its registry
 * @throws {IntegrityError} when bytes are not what their digest says
 * @example
 * ```ts
 * import { diff, Image } from "layerwright";
 *
 * const before = Image.scratch().write("/etc/motd", "hello\n").env("MODE", "dev");
 * const after = Image.scratch().write("/etc/motd", "hello, world\n").env("MODE", "prod");
 * const { config, files, same } = await diff(before, after);
 * console.log(same); // false
 * console.log(config[0]?.key, config[0]?.before, config[0]?.after); // MODE dev prod
 * console.log(files?.[0]?.path, files?.[0]?.aspects, files?.[0]?.bytes); // /etc/motd [ "content" ] 7
 * ```
 */
export async function diff(
  before: Image | string,
  after: Image | string,
  options: DiffOptions = {},
): Promise<ImageDifference> {
  const { diffOperands } = await import("../project/diff.js");
  return watched(options, (told) => diffOperands(before, after, told));
}

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
