import { readFile } from "node:fs/promises";
import type { PageAssets } from "../analyze/report/report-html.js";

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
