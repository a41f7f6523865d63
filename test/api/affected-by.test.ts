import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Base, context as folderContext, Image } from "layerwright";
import { afterAll, expect, test } from "vitest";
import { isMadeFrom } from "../../src/project/affected.js";
import { planImage } from "../../src/project/prepare/prepare.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-affected-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const context = join(folder, "app");
for (const [path, text] of Object.entries({
  "app/api/index.js": "1",
  "app/api/README.md": "1",
  "app/worker/a": "1",
  "app/worker/docs/b.md": "1",
  "app/worker/ignored": "1",
  "app/base/index.json": "{}",
  "app/.dockerignore": "worker/ignored\n",
  "shared/file": "1",
})) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
symlinkSync(folder, join(folder, "link"));

const base = Image.from(Base.layout("base")).write("/etc/text", "1");
const worker = Image.from(base).copy("worker", "/srv/", { exclude: ["**/*.md"] });
const images = {
  base,
  server: Image.from(base).copy("api/*.js", "/srv/"),
  worker,
  copied: Image.scratch().copy(worker.path("/srv/a"), "/a"),
  mounted: Image.scratch().run("true", {
    mounts: [{ type: "bind", target: "/m", source: folderContext("shared", "../shared") }],
  }),
  deep: Image.scratch().copy("**/*.md", "/docs/"),
  whole: Image.scratch().copy(".", "/all/"),
};

test.each([
  ["a source that a pattern matches", "api/index.js", ["server", "whole"]],
  ["one that only another pattern matches", "api/README.md", ["deep", "whole"]],
  ["a folder that a pattern reaches into", "api", ["server", "deep", "whole"]],
  ["a file below a source, with what copies from the image", "worker/a", ["worker", "copied", "whole"]],
  ["the same through a link", "../link/app/worker/a", ["worker", "copied", "whole"]],
  ["one that is gone", "worker/gone/x", ["worker", "copied", "whole"]],
  ["one that is excluded", "worker/docs/b.md", ["deep", "whole"]],
  ["one that is ignored", "worker/ignored", []],
  ["what a synthesis or build writes", "layerwright.out/manifest.json", []],
  ["the ignore file", ".dockerignore", ["server", "worker", "copied", "deep", "whole"]],
  ["a named context", "../shared/file", ["mounted"]],
  ["the folder of it", "../shared", ["mounted"]],
  [
    "a base on disk, with all that stands on it",
    "base/index.json",
    ["base", "server", "worker", "copied", "whole"],
  ],
  ["the context itself", ".", ["base", "server", "worker", "copied", "deep", "whole"]],
  ["another file", "../other", []],
  ["the file that the steps are written in", import.meta.filename, Object.keys(images)],
])("%s", (_, path, names) => {
  const affected = Object.entries(images).filter(([, image]) => {
    const { plan } = planImage(image.node, { platform: "linux/amd64", context });
    return isMadeFrom(plan, resolve(context, path), context);
  });
  expect(affected.map(([name]) => name)).toEqual(names);
});
