import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shareImages } from "../../src/analyze/sharing/share-images.js";
import { sharingText } from "../../src/cli/commands/share.js";
import { paintWith } from "../../src/cli/terminal.js";
import { image, layer } from "../analyze/sharing/layers.js";
import { Project } from "./cli-support.js";

const catalog = `import { Catalog, Image } from "layerwright";
const fedora = Image.scratch().write("/usr/big", "f".repeat(200_000));
const nginx = Image.from(fedora).write("/opt/nginx", "n".repeat(50_000));
const a = Image.from(nginx).write("/srv/a", "a");
const b = Image.from(nginx).write("/srv/b", "b".repeat(10_000)).squash("all");
export default new Catalog("acme", { fedora, nginx, a, b }, { maxUnshared: "100 kB" });
`;

let project: Project;
beforeAll(() => {
  project = new Project({ "catalog.ts": catalog });
});
afterAll(() => project.remove());

describe("layerwright share", () => {
  it("prints the table and the tree", async () => {
    const { code, stdout } = await project.run(["share"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^NAME +LAYERS +VIRTUAL +UNIQUE +SHARED +COMPRESSED +SHARED WITH\n/);
    expect(stdout).toMatch(/^a +3 +257 kB +2\.6 kB +254 kB +\d+ B +nginx, fedora$/m);
    expect(stdout).toContain("4 images: 978 kB counted apart, 522 kB together");
    expect(stdout).toContain("\n\nfedora 202 kB <- nginx 52.2 kB <- a 2.6 kB\nb 265 kB\n");
  });

  it("gives all of it as data, with what a machine pulls that holds an image", async () => {
    const { stdout } = await project.run(["share", "a", "nginx", "--having", "fedora", "--json"]);
    const report = JSON.parse(stdout);
    expect(report.catalog).toBe("acme");
    expect(report.images.map(({ name }: { name: string }) => name)).toEqual(["a", "nginx"]);
    expect(report.effectiveBytes).toBe(202_240 + 52_224 + 2_560);
    expect(report.images[0]).toMatchObject({ virtualBytes: 257_024, uniqueBytes: 2_560 });
    const [a, nginx] = report.pulls;
    expect(nginx.firstPullBytes).toBe(report.images[1].compressedBytes);
    expect(a.firstPullBytes - a.incrementalPullBytes).toBe(nginx.firstPullBytes - nginx.incrementalPullBytes);
    expect(report.having).toBe("fedora");
  });

  it("takes images that were built, beside those of the catalog", async () => {
    await project.run(["build", "nginx", "-o", "nginx.tar"]);
    const { stdout } = await project.run(["share", "nginx.tar", "a", "--json"]);
    const report = JSON.parse(stdout);
    const sharing = report.images.map((it: { name: string; sharedBytes: number }) => [
      it.name,
      it.sharedBytes,
    ]);
    expect(sharing).toEqual([
      ["nginx.tar", 254_464],
      ["a", 254_464],
    ]);
    const { stdout: text } = await project.run(["share", "--having", "nginx.tar"]);
    expect(text).toMatch(/^nginx +2 .* 0 B +a, fedora$/m);
  });

  it("prices each policy", async () => {
    const { stdout } = await project.run(["share", "b", "--price"]);
    expect(stdout).toMatch(/^b +keep +3 +267 kB +0 B +0 B +-252 kB$/m);
    expect(stdout).toMatch(/^ +all \* +1 +265 kB +2 kB +254 kB +0 B +nginx, a, fedora$/m);
    const { stdout: json } = await project.run(["share", "b", "--price", "--having", "nginx", "--json"]);
    const { images, prices, pulls } = JSON.parse(json);
    expect([images.length, prices.length, pulls.length]).toEqual([1, 1, 1]);
    expect(prices[0].prices.map(({ squash }: { squash: string }) => squash)).toEqual(["keep", "own", "all"]);
  });

  it.each([
    [["share", "--having", "*"], "IMAGE_AMBIGUOUS"],
    [["share", "--price", "nginx.tar"], "COMMAND_LINE_INVALID"],
  ])("refuses %j with %s", async (args, code) => {
    const ran = await project.run(args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(code);
  });
});

describe("the limit of a catalog", () => {
  it("stops a build of the squashed image alone, at its line, with nothing written", async () => {
    const ran = await project.run(["build", "b"]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("SQUASH_UNSHARES");
    expect(ran.stderr).toContain("saves 2 kB but unshares 254 kB of its base");
    expect(ran.stderr).toContain("with nginx, a, fedora; this catalog allows 100 kB");
    expect(ran.stderr).toContain("catalog.ts:5");
    // All that is there is the note of the nginx.tar that a test above built.
    expect(readdirSync(join(project.folder, "layerwright.out"))).toEqual([".outputs"]);
  });

  it.each(["push", "load"])("stops %s too", async (command) => {
    expect((await project.run([command])).stderr).toContain("SQUASH_UNSHARES");
  });

  it("is of no concern for images that squash nothing", async () => {
    expect((await project.run(["build", "a", "-o", "a.tar"])).code).toBe(0);
  });
});

describe("the tree", () => {
  it("draws some branches of many", () => {
    const base = layer("base", 1000);
    const images = Array.from({ length: 40 }, (_, at) => image(`i${at}`, [base, layer(`${at}`, 10)]));
    const lines = sharingText(shareImages(images), undefined, paintWith(false)).split("\n");
    const start = lines.indexOf("(1 layer in common) 1 kB");
    expect(lines.slice(start + 1)).toEqual([
      ...images.slice(0, 30).map(({ name }) => `   <- ${name} 10 B`),
      "   <- and 10 images more",
      "",
    ]);
    expect(lines[1]).toMatch(/ i1, i2, i3 and 36 others$/);
  });
});
