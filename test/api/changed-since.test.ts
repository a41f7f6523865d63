import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, build, Catalog, Image } from "layerwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changedSince } from "../../src/project/affected.js";
import { planImage } from "../../src/project/prepare/prepare.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-changed-"));
const context = join(folder, "app");
const store = join(folder, "store");
const platform = "linux/amd64";
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(context, path, ".."), { recursive: true });
  writeFileSync(join(context, path), text);
}

beforeAll(async () => {
  for (const path of ["api/index.js", "api/README.md", "worker/a", "worker/ignored"]) write(path, "1\n");
  write(".dockerignore", "worker/ignored\n");
  const output = { type: "layout", dest: join(context, "base") } as const;
  await build(Image.scratch().write("/etc/base", "1"), { platform, reference: "base:v1", store, output });
});

function catalogWith(text: string) {
  const base = Image.from(Base.layout("base"));
  const worker = base.copy("worker", "/srv/");
  const images = {
    base,
    server: Image.scratch().copy("api/*.js", "/srv/"),
    copied: Image.scratch().copy(worker.path("/srv/a"), "/a"),
    text: Image.scratch().write("/text", text),
  };
  return new Catalog("acme", images, { platforms: [platform] });
}

async function changed(catalog = catalogWith("1")): Promise<string[]> {
  const images = [...catalog].map(([name, { node }]) => ({
    knownAs: `acme/${name}`,
    plans: [planImage(node, { platform, context }).plan],
  }));
  const answers = await changedSince(images, { context, store, lock: false });
  return catalog.names.filter((_, at) => answers[at]);
}

const buildAll = () => build(catalogWith("1"), { context, store, lock: false });

test("what was never built has changed, and what was built has not", async () => {
  expect(await changed()).toEqual(["base", "server", "copied", "text"]);
  await buildAll();
  expect(await changed()).toEqual([]);
});

test("a source has changed that is copied and not ignored, also for what copies from the image", async () => {
  write("api/README.md", "2\n");
  write("worker/ignored", "2\n");
  expect(await changed()).toEqual([]);
  write("api/index.js", "22\n");
  write("worker/new", "1\n");
  expect(await changed()).toEqual(["server", "copied"]);
  rmSync(join(context, "api/index.js"));
  expect(await changed()).toEqual(["server", "copied"]);
  write("api/index.js", "1\n");
  await buildAll();
  expect(await changed()).toEqual([]);
});

test("a base on disk and a description have changed", async () => {
  utimesSync(join(context, "base/index.json"), 1, 1);
  expect(await changed()).toEqual(["base", "copied"]);
  await buildAll();
  expect(await changed(catalogWith("2"))).toEqual(["text"]);
});
