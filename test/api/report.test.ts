import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ReportData } from "../../src/analyze/report/report-data.js";
import { report } from "../../src/api/analyze.js";
import { build } from "../../src/api/build.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { Image } from "../../src/image/image.js";

let folder: string;
let settings: { context: string; store: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layerwright-report-"));
  settings = { context: folder, store: join(folder, "store") };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const base = Image.scratch().write("/etc/motd", "acme\n");
const catalogOf = (text: string) =>
  new Catalog("acme", {
    api: Image.from(base).write("/srv/api", text),
    web: Image.from(base).write("/srv/web", "1"),
  });

const dataOf = (page: string): ReportData =>
  JSON.parse(/id="data">(.*?)<\/script>/s.exec(readFileSync(page, "utf8"))![1]!);

describe("report", () => {
  it("writes one page, with its figures as the result, and remembers nothing as built", async () => {
    const result = await report(catalogOf("1"), settings);
    const out = join(folder, "layerwright.out/report.html");
    expect(result).toMatchObject({ out, bytes: readFileSync(out).length });
    expect(readdirSync(join(folder, "layerwright.out"))).toEqual(["report.html"]);
    const [api, web] = result.images;
    expect([api!.name, web!.name]).toEqual(["api", "web"]);
    expect(result.virtualBytes).toBe(api!.virtualBytes + web!.virtualBytes);
    const shared = api!.virtualBytes - api!.uniqueBytes;
    expect(shared).toBeGreaterThan(0);
    expect(result.effectiveBytes).toBe(shared + api!.uniqueBytes + web!.uniqueBytes);
    const { layers, lines, images } = dataOf(out);
    expect(layers.map(({ line }) => lines[line!]?.replace(/:\d+$/, ""))).toEqual(
      Array(3).fill(lines[0]!.replace(/:\d+$/, "")),
    );
    expect(lines[0]).toMatch(/report\.test\.ts:\d+$/);
    expect(images[0]!.history).toHaveLength(1);
    await report(catalogOf("2"), settings);
    expect(dataOf(out).images[0]!.history).toHaveLength(1);
  });

  it("has the sizes of earlier builds, and that of now where it is another", async () => {
    await build(catalogOf("1"), settings);
    await build(catalogOf("a longer text"), settings);
    const { out } = await report(catalogOf("a longer text"), { ...settings, out: "r.html" });
    expect(out).toBe(join(folder, "r.html"));
    expect(dataOf(out).images.map(({ history }) => history.length)).toEqual([2, 1]);
    await report(catalogOf("a text that is longer still"), { ...settings, out: "r.html" });
    expect(dataOf(out).images.map(({ history }) => history.length)).toEqual([3, 1]);
  });

  it("is dated by SOURCE_DATE_EPOCH, and then the same each time", async () => {
    const before = process.env["SOURCE_DATE_EPOCH"];
    process.env["SOURCE_DATE_EPOCH"] = "1700000000";
    try {
      const one = await report(catalogOf("1"), { ...settings, out: "1.html" });
      const two = await report(catalogOf("1"), { ...settings, out: "2.html" });
      expect(dataOf(one.out).made).toBe("2023-11-14T22:13:20.000Z");
      expect(readFileSync(two.out)).toEqual(readFileSync(one.out));
    } finally {
      if (before === undefined) delete process.env["SOURCE_DATE_EPOCH"];
      else process.env["SOURCE_DATE_EPOCH"] = before;
    }
  });

  it("refuses a catalog without images, and a folder as its file", async () => {
    await expect(report(new Catalog("none", {}), settings)).rejects.toMatchObject({ code: "REPORT_EMPTY" });
    mkdirSync(join(folder, "out.html"));
    await expect(report(catalogOf("1"), { ...settings, out: "out.html" })).rejects.toMatchObject({
      code: "OUTPUT_IS_FOLDER",
    });
    writeFileSync(join(folder, "file"), "");
    await expect(report(catalogOf("1"), { ...settings, out: "file/report.html" })).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
    });
    expect(existsSync(join(folder, "layerwright.out"))).toBe(false);
  });
});
