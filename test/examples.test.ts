import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build, type Catalog, dockerfile, type Image } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { platformText } from "../src/oci/platform.js";
import { planImage } from "../src/project/prepare/prepare.js";
import { isDirect, noSandbox } from "./equivalence/both-ways.js";
import { exampleFolders } from "./equivalence/subjects.js";
import { imageListing } from "./peers/image-listing.js";

const root = fileURLToPath(new URL("../examples/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "layerwright-examples-"));
const store = join(work, "store");
afterAll(() => rmSync(work, { recursive: true, force: true }));

const KIB = 1024;
const STATIC_BINARY = 12 * 1024 * KIB;
/** The tools of this machine and their libraries, whatever distribution it has. */
const SHELL = 12 * 1024 * KIB;

/** The most bytes that the image of an example may have, compressed: what its files need and little more. */
const LARGEST: Readonly<Record<string, number>> = {
  "01-static-binary hello": STATIC_BINARY,
  "02-scratch-complete server": STATIC_BINARY + 200 * KIB,
  "03-site-on-a-base server": STATIC_BINARY,
  "03-site-on-a-base site": STATIC_BINARY + 2 * KIB,
  "04-two-stages site": 2 * KIB,
  "05-squash-own parent": 2 * KIB,
  "05-squash-own app": 3 * KIB,
  "06-squash-all parent": 8 * KIB,
  "06-squash-all small": KIB,
  "07-own-recipes app": 2 * KIB,
  "09-catalog parent": 2 * KIB,
  "09-catalog web": 3 * KIB,
  "09-catalog worker": 3 * KIB,
  "09-catalog nightly": 4 * KIB,
  "11-local-base app": 3 * KIB,
  "12-run-steps words": SHELL,
  "13-run-mounts counted": SHELL,
  "14-run-secrets fetched": SHELL,
  "15-run-in-a-stage page": KIB,
  "16-host-run numbers": 4 * KIB,
  "17-whole-catalog api-plain": KIB,
  "17-whole-catalog api-tmp": KIB,
  "17-whole-catalog web-plain": KIB,
  "17-whole-catalog web-tmp": KIB,
};

/** Caches and temporary folders of a command are what the classic dialect cannot say. */
const MODERN_ONLY: readonly string[] = ["13-run-mounts counted"];

/** What tools of this machine make is known when they have run, which `synth` does and `dockerfile()` does not. */
const SYNTH_ONLY: readonly string[] = ["16-host-run numbers"];

/** Text for people: no slips of a program, and no path of this machine. */
function expectClean(text: string): void {
  expect(text).not.toMatch(/undefined|null|NaN|\[object|\$\{/);
  expect(text).not.toContain(root);
  expect(text).not.toContain(work);
}

interface Case {
  readonly name: string;
  readonly image: Image;
  readonly context: string;
  readonly platform: string;
}

async function exampleCases(): Promise<Case[]> {
  const cases: Case[] = [];
  for (const example of exampleFolders()) {
    const file = join(root, example, "catalog.ts");
    if (!existsSync(file)) continue;
    const catalog = (await import(pathToFileURL(file).href)).default as Catalog;
    for (const [name, image] of catalog) {
      for (const platform of catalog.platforms.map(platformText)) {
        cases.push({ name: `${example} ${name}`, image, context: join(root, example), platform });
      }
    }
  }
  return cases;
}

test("the examples are numbered without a gap, each with a word on what is new", () => {
  const folders = exampleFolders();
  expect(folders.map((name) => Number(name.slice(0, 2)))).toEqual(folders.map((_, index) => index + 1));
  for (const folder of folders) {
    const main = ["catalog.ts", "build.ts"].map((name) => join(root, folder, name)).find(existsSync);
    expect(readFileSync(main ?? "", "utf8")).toMatch(/^\/\/ New here: .+\n/);
  }
});

describe.each(await exampleCases())("example $name for $platform", ({ name, image, context, platform }) => {
  test("is planned without a word of warning", () => {
    const { plan, records, warnings } = planImage(image.node, { context, platform });
    expect(warnings).toEqual([]);
    for (const record of records) expectClean(`${record.before} ${record.after}`);
    expect(plan.stages.length).toBeGreaterThan(0);
  });

  test.each(["buildkit", "classic"] as const)("is a Dockerfile in the %s dialect", async (dialect) => {
    const written = dockerfile(image, { context, platform, dialect });
    if (SYNTH_ONLY.includes(name))
      await expect(written).rejects.toThrow(expect.objectContaining({ code: "HOST_LAYER_MISSING" }));
    else if (dialect === "classic" && MODERN_ONLY.includes(name))
      await expect(written).rejects.toThrow(expect.objectContaining({ code: "DIALECT_CANNOT" }));
    else expectClean(await written);
  });

  test("is built, and is no larger than its files need", async ({ skip }) => {
    if (!isDirect(planImage(image.node, { context, platform }).plan))
      skip(noSandbox ?? "its base is in a registry");
    const dest = join(work, `${name.replaceAll(/\W/g, "-")}-${platform.replaceAll("/", "-")}.tar`);
    const built = await build(image, {
      context,
      platform,
      store,
      output: dest,
      reference: "examples/image:v1",
    });
    for (const layer of built.layers) expectClean(layer.description);
    expect(imageListing(dest).layers.length).toBe(built.layers.length);
    expect(built.size).toBeLessThanOrEqual(LARGEST[name] ?? 0);
  });
});

test("example 10-build-script makes both outputs from a plain script", { timeout: 120_000 }, async () => {
  const folder = join(root, "10-build-script");
  rmSync(join(folder, "layerwright.out"), { recursive: true, force: true });
  const env = {
    ...process.env,
    TSX_TSCONFIG_PATH: fileURLToPath(new URL("../tsconfig.json", import.meta.url)),
    LAYERWRIGHT_CACHE: store,
  };
  const script = join(folder, "build.ts");
  const ran = await promisify(execFile)(process.execPath, ["--import", "tsx", script], { env, cwd: folder });
  expect(ran.stderr).toBe("");
  expectClean(ran.stdout);
  expect(ran.stdout).toContain("FROM scratch");
  expect(ran.stdout).toMatch(/sha256:[0-9a-f]{64}: \d layers/);
  expect(statSync(join(folder, "layerwright.out/page.tar")).size).toBeGreaterThan(0);
  expect(existsSync(join(folder, "layerwright.out/page/Dockerfile"))).toBe(true);
});
