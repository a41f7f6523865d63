import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { withNotedOutputs } from "../adapters/files-node/written-outputs.js";
import { writeFileAtomically } from "../adapters/host/atomic-file.js";
import type { ObservedImage } from "../analyze/observed-image.js";
import type { ReportData } from "../analyze/report/report-data.js";
import { type PageAssets, reportHtml } from "../analyze/report/report-html.js";
import { reportOf } from "../analyze/report/report-of.js";
import { wasteOf } from "../analyze/waste/waste-of.js";
import { parseSourceDateEpoch } from "../engine/image-documents.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { BuildSettings } from "./build.js";
import { lastBuilt } from "./last-built.js";
import { withObservedProject } from "./observe-project.js";
import type { BuildOptions } from "./options.js";
import type { Project } from "./project.js";

/** Where the report goes, and how its images are made. */
export interface ReportOptions extends Omit<BuildOptions, "output" | "reference"> {
  /** The file. Relative to the context directory. @default - "layerwright.out/report.html" */
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

/**
 * Writes the page of the chosen images of a project.
 *
 * @throws {PlanError} REPORT_EMPTY
 */
export async function reportProject(
  project: Project,
  out: string,
  settings: BuildSettings,
): Promise<ReportResult> {
  const { name, context } = project;
  if (project.images.length === 0) throw new PlanError("REPORT_EMPTY", { catalog: name });
  return withObservedProject(project, settings, (images, { store }) =>
    writeReport(images, { title: name, out, store, catalog: { context, name } }),
  );
}

/** What a report needs to know beside its images. */
interface ReportPlace {
  readonly title: string;
  /** Where the page goes, absolute or relative to the working directory. */
  readonly out: string;
  readonly store: BlobStore;
  /** Whose builds the store remembers; undefined where no image is of a catalog. */
  readonly catalog?: { readonly context: string; readonly name: string } | undefined;
}

/** Writes the page of some images, whole or not at all. */
export async function writeReport(
  images: readonly ObservedImage[],
  { title, out, store, catalog }: ReportPlace,
): Promise<ReportResult> {
  const epoch = parseSourceDateEpoch(process.env["SOURCE_DATE_EPOCH"]);
  const made = (epoch === undefined ? new Date() : new Date(epoch * 1000)).toISOString();
  const data = await reportOf(images, {
    title,
    made,
    wasteOf,
    historyOf: async ({ name, platform, plan }) => {
      // An image without a plan was found somewhere: it may have the name of one of the catalog, and is another.
      if (catalog === undefined || plan === undefined) return [];
      const knownAs = `${catalog.name}/${name}`;
      const record = await lastBuilt(store, { context: resolve(catalog.context), knownAs, platform });
      return (record?.history ?? []).map(({ size, ...rest }) => ({ ...rest, bytes: size }));
    },
  });
  const page = Buffer.from(reportHtml(data, await reportAssets()));
  const write = () =>
    writeFileAtomically(out, [], async (sink) => {
      await sink.write(page);
      await sink.finish();
    });
  await (catalog === undefined ? write() : withNotedOutputs(catalog.context, [out], write));
  return resultOf(data, resolve(out), page.length);
}

function resultOf({ totals, images }: ReportData, out: string, bytes: number): ReportResult {
  const { virtualBytes, effectiveBytes } = totals;
  return {
    out,
    bytes,
    images: images.map(({ name, platform, virtualBytes: own, uniqueBytes }) => ({
      name,
      platform,
      virtualBytes: own,
      uniqueBytes,
    })),
    virtualBytes,
    effectiveBytes,
  };
}

/** The script and style of the page. The package has them as files; from source they are bundled when asked for. */
export async function reportAssets(): Promise<PageAssets> {
  if (import.meta.url.endsWith(".ts")) {
    const bundler = new URL("../../scripts/report-page.mjs", import.meta.url).href;
    const { bundleReportPage } = (await import(bundler)) as { bundleReportPage(): Promise<PageAssets> };
    return bundleReportPage();
  }
  const read = (name: string) => readFile(new URL(`../analyze/report/page/${name}`, import.meta.url), "utf8");
  return { script: await read("page.js"), style: await read("page.css") };
}
