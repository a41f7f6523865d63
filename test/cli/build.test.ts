import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Project, type Ran, twoImages } from "./cli-support.js";

const severalPlatforms = `import { Catalog, Image } from "layerwright";
const same = Image.from(Image.scratch().write("/a", "1")).write("/b", "1");
const differs = same.perPlatform({
  "linux/amd64": (image) => image.write("/cpu", "amd64"),
  default: (image) => image.write("/cpu", "other").write("/more", "1"),
});
export default new Catalog("acme", { same, differs }, { platforms: ["linux/amd64", "linux/arm64"] });
`;

const project = new Project({ "catalog.ts": twoImages, "site/index.html": "hi\n" });
afterAll(() => project.remove());

describe("build", () => {
  let first: Ran;
  beforeAll(async () => {
    first = await project.run(["build", "--metadata-file", "meta.json"]);
  });

  it("writes an archive an image into layerwright.out/ and prints the layers on standard output", () => {
    expect(first.stderr).toContain("noise of the user");
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^api linux\/amd64 sha256:[0-9a-f]{12}, \d+ B in 1 layer$/m);
    expect(first.stdout).toMatch(/^└─ .*\bcopy site .*$/m);
    expect(first.stdout).toContain(
      "written to layerwright.out/web.tar (archive) as docker.io/acme/web:latest",
    );
    expect(existsSync(join(project.folder, "layerwright.out/api.tar"))).toBe(true);
  });

  it("writes progress as plain lines to standard error when that is no terminal", () => {
    expect(first.stderr).toMatch(/^\[ +\d+\.\d s\] start {4}\w+: copy site/m);
    expect(first.stderr).toMatch(/^\[ +\d+\.\d s\] done {5}\w+: copy site.* \(.*\d s\)$/m);
    expect(`${first.stdout}${first.stderr}`).not.toContain("\u001b");
  });

  it("writes buildx's keys to the metadata file", () => {
    const metadata = JSON.parse(readFileSync(join(project.folder, "meta.json"), "utf8"));
    expect(Object.keys(metadata)).toEqual(["api", "web"]);
    expect(metadata.api["containerimage.digest"]).toMatch(/^sha256:/);
    expect(metadata.web["image.name"]).toBe("docker.io/acme/web:latest");
  });

  it("takes layers out of the store the second time, and says so in one JSON document", async () => {
    const ran = await project.run(["build", "web", "--json", "-o", "out/", "--iidfile", "id", "--tag", "v1"]);
    expect(ran.code).toBe(0);
    const { images } = JSON.parse(ran.stdout);
    expect(images).toHaveLength(1);
    expect(images[0].layers.map((layer: { cached: boolean }) => layer.cached)).toEqual([true, true]);
    expect(images[0].references).toEqual(["docker.io/acme/web:v1"]);
    expect(readFileSync(join(project.folder, "id"), "utf8")).toBe(images[0].configDigest);
    expect(existsSync(join(project.folder, "out/web.tar"))).toBe(true);
  });

  it("writes the platforms of an image into one file, as an index", async () => {
    const platforms = ["--platform", "linux/amd64,linux/aarch64,linux/arm64"];
    const files = ["--iidfile", "index-id", "--metadata-file", "index.json"];
    const args = ["build", "api", ...platforms, "-o", "type=oci,dest=both.tar", ...files, "--json"];
    const ran = await project.run(args);
    expect(ran.code).toBe(0);
    const { images } = JSON.parse(ran.stdout);
    const read = (name: string) => readFileSync(join(project.folder, name), "utf8");
    expect(images.map((image: { platform: string }) => image.platform)).toEqual([
      "linux/amd64",
      "linux/arm64",
    ]);
    expect(images[0].index).toMatch(/^sha256:/);
    expect(read("index-id")).toBe(images[0].index);
    const { "containerimage.descriptor": descriptor, ...facts } = JSON.parse(read("index.json"));
    expect(descriptor).toMatchObject({
      digest: images[1].index,
      mediaType: "application/vnd.oci.image.index.v1+json",
    });
    expect(facts).toEqual({
      "containerimage.digest": images[1].index,
      "image.name": "docker.io/acme/api:latest",
    });
    expect(ran.stderr).toContain("api (linux/arm64): copy site");
    const shown = await project.run(["inspect", "both.tar", "--platform", "linux/arm64"]);
    expect(shown.stdout).toContain("linux/arm64");
    const one = await project.run(["build", "api", ...platforms, "-o", "one.tar"]);
    expect([one.code, existsSync(join(project.folder, "one.tar"))]).toEqual([2, false]);
    expect(one.stderr).toContain("OUTPUT_SHARED");
  });

  it("writes to standard output nothing but the image", async () => {
    const ran = await project.shell("lw build api -q -o - > piped.tar");
    expect(ran).toMatchObject({ code: 0, stdout: "" });
    const piped = readFileSync(join(project.folder, "piped.tar"));
    expect(piped.equals(readFileSync(join(project.folder, "layerwright.out/api.tar")))).toBe(true);
  });

  it("says at which line a source is missing", async () => {
    project.write({
      "missing.ts":
        'import { Image } from "layerwright";\nexport const a = Image.scratch()\n  .copy("nope", "/nope");\n',
    });
    const ran = await project.run(["build", "--app", "missing.ts", "--json"]);
    expect(ran.code).toBe(3);
    expect(JSON.parse(ran.stdout).error).toMatchObject({
      code: "SOURCE_NOT_FOUND",
      where: { file: "missing.ts", line: 3 },
    });
  });
});

describe("inspect", () => {
  it("lists the files of each layer", async () => {
    const text = await project.run(["inspect", "layerwright.out/api.tar", "--files"]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^ +-0600 +0:0 +3 B +srv\/index.html$/m);
    const json = await project.run(["inspect", "layerwright.out/api.tar", "--json"]);
    const { images } = JSON.parse(json.stdout);
    expect(images[0].layers[0]).toMatchObject({ entries: 2 });
    expect(images[0].layers[0].files).toBeUndefined();
  });
});

describe("synth", () => {
  it("writes Dockerfiles, and prints the command that builds each", async () => {
    const ran = await project.run(["synth"]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("web linux/amd64: layerwright.out/web/Dockerfile");
    expect(ran.stdout).toContain("$ docker build -f layerwright.out/web/Dockerfile -t acme/web");
    expect(statSync(join(project.folder, "layerwright.out/web/Dockerfile")).isFile()).toBe(true);
    const one = await project.run(["synth", "web", "--stdout"]);
    expect(one.stdout).toBe(readFileSync(join(project.folder, "layerwright.out/web/Dockerfile"), "utf8"));
  });

  it("prints plans as data", async () => {
    const ran = await project.run(["synth", "a*", "--plan"]);
    const { images } = JSON.parse(ran.stdout);
    expect(images.map(({ name }: { name: string }) => name)).toEqual(["api"]);
    expect(images[0].plan.schema).toBe(1);
  });
});

describe("explain", () => {
  it("says what each step became, and what each pass did, with the user's line", async () => {
    const ran = await project.run(["explain", "api"]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/layer 1 .*copy site .*catalog\.ts:3/);
    expect(ran.stdout).toMatch(/fold-metadata catalog\.ts:3 chmod 0600 \/srv\/index\.html -> /);
  });

  it("says it of each platform for which there is something else to say", async () => {
    project.write({ "platforms.ts": severalPlatforms });
    const ran = await project.run(["explain", "--app", "platforms.ts"]);
    expect(ran.stdout.match(/^(same|differs) linux.*$/gm)).toEqual([
      "same linux/amd64",
      "differs linux/amd64",
      "differs linux/arm64",
    ]);
    const synth = await project.run(["synth", "differs", "--app", "platforms.ts", "--stdout"]);
    expect(synth.stdout).toContain("FROM differs-${TARGETARCH} AS differs");
    const written = await project.run(["synth", "--app", "platforms.ts", "--out", "several"]);
    expect(written.stdout).toContain("differs linux/amd64, linux/arm64: several/differs/Dockerfile");
  });
});

describe("cache", () => {
  it("lists and prunes the store", async () => {
    const before = JSON.parse((await project.run(["cache", "ls", "--json"])).stdout);
    expect(before.blobs.length).toBeGreaterThan(0);
    const dry = JSON.parse((await project.run(["cache", "prune", "--dry-run", "--json"])).stdout);
    expect(dry).toMatchObject({ dryRun: true, folder: join(project.folder, ".store") });
  });
});

describe("the terminal", () => {
  it("a reader that goes away is no failure", async () => {
    const ran = await project.shell("lw --help | head -n 1");
    expect(ran).toEqual({ code: 0, stdout: "Usage: layerwright [options] [command]\n", stderr: "" });
  });

  it("colours follow the flag, then NO_COLOR, then FORCE_COLOR; JSON has none", async () => {
    const color = "\u001b[";
    const forced = await project.run(["ls"], { FORCE_COLOR: "1" });
    expect(forced.stdout).toContain(color);
    const no = await project.run(["ls"], { FORCE_COLOR: "1", NO_COLOR: "1" });
    expect(no.stdout).not.toContain(color);
    const json = await project.run(["ls", "--json", "--color"]);
    expect(json.stdout).not.toContain(color);
  });

  // A terminal that does not say how wide it is: a spinner there never ends.
  it.skipIf(!existsSync("/usr/bin/script"))("without columns gets plain lines, and ends", async () => {
    const ran = await project.shell(`script -qec "stty cols 0 rows 0; $LW build api --no-cache" /dev/null`, {
      LW: project.commandText,
      TERM: "xterm",
    });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/\] done {5}copy site/);
    expect(ran.stdout).not.toContain("\u001b[?25l");
  });

  it.skipIf(!existsSync("/usr/bin/script"))(
    "refuses to write an image to a terminal: OUTPUT_IS_TERMINAL",
    async () => {
      const ran = await project.shell(`script -qec "$LW build api -o -" /dev/null`, {
        LW: project.commandText,
      });
      expect(ran.code).toBe(2);
      expect(ran.stdout).toContain("OUTPUT_IS_TERMINAL");
    },
  );
});
