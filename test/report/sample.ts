import { reportHtml } from "../../src/analyze/report/report-html.js";
import { type ReportInput, reportOf } from "../../src/analyze/report/report-of.js";
import { reportAssets } from "../../src/project/report.js";
import { imageOf, layerOf } from "./observed.js";

/** A file name that would be markup wherever it is put in as such. */
export const EVIL = '<img src=x onerror="globalThis.hacked=true">';

const made = "2026-11-28T12:00:00.000Z";
const base = layerOf("debian", {
  "usr/lib/libc.so": 1_900_000,
  "usr/bin/perl": 3_800_000,
  "usr/share/doc/a": 700_000,
});
const modules = layerOf(
  "copy node_modules /app/node_modules/",
  {
    "app/node_modules/ts/lib/tsc.js": 6_000_000,
    "app/node_modules/ts/lib/lib.d.ts": 900_000,
    "app/node_modules/zod/index.js": 400_000,
  },
  9,
);
const api = imageOf("api", [
  base,
  modules,
  layerOf("copy api /app/", { "app/api.js": 250_000, "usr/share/doc/.wh.a": 0, [`app/${EVIL}`]: 50_000 }, 12),
]);
const web = imageOf("web", [base, modules, layerOf(`write ${EVIL}`, { "srv/index.html": 800_000 }, 15)]);
const tool = imageOf("tool", [layerOf("binary", { tool: 2_100_000 }, 20)]);

const input: ReportInput = {
  title: "acme",
  made,
  historyOf: async ({ name }) =>
    name === "tool"
      ? []
      : [9, 10, 7].map((bytes, at) => ({
          at: `2026-11-2${at}T12:00:00.000Z`,
          digest: String(at),
          bytes: bytes * 1_000_000,
          layers: 3,
        })),
  wasteOf: async ({ name }) => ({
    efficiency: 0.9,
    rows:
      name === "tool"
        ? []
        : [
            waste("documentation", 700_000, 0, "/usr/share/doc/a"),
            waste("node-modules", 900_000, 1, "/app/node_modules/ts/lib/lib.d.ts", 9),
            ...(name === "api" ? [waste("backup", 50_000, 2, `/app/${EVIL}`, 12)] : []),
          ],
  }),
};

/** The page of three images, two of which share layers, with file names that try to be markup. */
export async function samplePage(): Promise<string> {
  return reportHtml(await reportOf([api, web, tool], input), await reportAssets());
}

/** The page of two hundred images on four bases. */
export async function largePage(): Promise<string> {
  const images = Array.from({ length: 200 }, (_, at) => {
    const files = Object.fromEntries(
      Array.from({ length: 1500 }, (_, n) => [`usr/lib/module-${n % 40}/file-${n}`, 1000 + n]),
    );
    const layers = [
      layerOf(`base ${at % 4}`, files),
      layerOf(`runtime ${at % 20}`, { [`opt/runtime-${at % 20}`]: 400_000 }, 3),
      layerOf(`service ${at}`, { [`srv/service-${at}`]: 20_000 + 900 * at }, 5 + at),
    ];
    return imageOf(`team-${at % 7}-service-${at}`, layers);
  });
  return reportHtml(await reportOf(images, { title: "many", made }), await reportAssets());
}

function waste(kind: string, bytes: number, layer: number, path: string, line?: number) {
  const origin = line === undefined ? undefined : { file: "catalog.ts", line };
  return {
    kind,
    what: `${kind} of a test`,
    bytes,
    files: 1,
    layer: { index: layer },
    paths: [path],
    fix: "leave it out",
    origin,
  };
}
