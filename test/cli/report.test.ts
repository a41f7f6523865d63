import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Project, twoImages } from "./cli-support.js";

describe("layerwright report", () => {
  let project: Project;
  beforeAll(() => {
    project = new Project({ "catalog.ts": twoImages, "site/index.html": "<p>hello</p>\n" });
  });
  afterAll(() => project.remove());

  it("writes a page beside the catalog and says what is in it", async () => {
    const { code, stdout } = await project.run(["report"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^2 images, [\d.]+ kB together, [\d.]+ kB saved by sharing\nlayerwright.out\/report.html \([\d.]+ kB, open it in a browser\)\n$/,
    );
    const page = readFileSync(join(project.folder, "layerwright.out/report.html"), "utf8");
    expect(page).toContain("<title>acme – layerwright report</title>");
    expect(page).toContain('"catalog.ts:3"');
    expect(existsSync(join(project.folder, "layerwright.out/api.tar"))).toBe(false);
  });

  it("takes names, archives and a place, and gives its figures as JSON", async () => {
    await project.run(["build", "web", "-o", "web.tar"]);
    const { code, stdout } = await project.run(["report", "api", "./web.tar", "--out", "r.html", "--json"]);
    expect(code).toBe(0);
    const { out, images, effectiveBytes, virtualBytes } = JSON.parse(stdout);
    expect(out).toBe(join(project.folder, "r.html"));
    expect(images.map(({ name }: { name: string }) => name)).toEqual(["api", "./web.tar"]);
    // What was found on disk shares layers with what is built of the catalog.
    expect(effectiveBytes).toBeLessThan(virtualBytes);
  });

  it("names itself after what was found, where there is no catalog", async () => {
    const { code, stdout } = await project.run(["report", "./web.tar", "--out", "found.html", "--quiet"]);
    expect([code, stdout]).toEqual([0, "found.html\n"]);
    expect(readFileSync(join(project.folder, "found.html"), "utf8")).toContain("<title>./web.tar –");
  });
});
