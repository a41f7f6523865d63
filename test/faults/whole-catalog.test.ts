import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BuildOptions,
  build,
  Catalog,
  check,
  Image,
  load,
  lock,
  noSecrets,
  priceSquash,
  push,
  report,
  share,
  waste,
} from "layerwright";
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { fakeEngine } from "../adapters/output-engine/fake-engine.js";
import { registryFixture } from "../api/registry-fixture.js";
import { Project } from "../cli/cli-support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layerwright-whole-"));
  fill(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Sources of three images that are smallest together when they share a layer that none of them would make alone. */
function fill(directory: string): void {
  for (const [path, size] of [
    ["deps/lib.js", 300_000],
    ["api/app", 20_000],
    ["web/app", 20_000],
    ["job/app", 20_000],
  ] as const) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), path.repeat(Math.ceil(size / path.length)).slice(0, size));
  }
}

const PLATFORMS = ["linux/amd64", "linux/arm64"];

function catalog(): Catalog {
  const one = Image.scratch().write("/etc/os", "one\n").mkdir("/srv");
  const two = Image.scratch().write("/etc/os", "two\n");
  const app = (base: Image, name: string) =>
    base.copy(`${name}/`, "/srv/app/").copy("deps/", "/srv/lib/node_modules/").squash("auto");
  const images = {
    api: app(Image.from(one), "api"),
    web: app(Image.from(two), "web"),
    job: app(Image.scratch(), "job"),
  };
  return new Catalog("acme", images, { platforms: PLATFORMS, policies: [noSecrets()] });
}

const settings = (): BuildOptions => ({ context: folder, store: join(folder, "store"), compression: "none" });
const lockText = (directory = folder) => readFileSync(join(directory, "layerwright.lock.json"), "utf8");
const first = (platform: string | undefined) => (platform === undefined ? {} : { platform });

describe("P10: what an image is does not depend on the verb that came first", () => {
  const verbs: Record<string, (one: Catalog) => Promise<unknown>> = {
    build: (it) => build(it, settings()),
    "build of one platform": (it) => build(it, { ...settings(), platforms: ["linux/arm64"] }),
    check: (it) => check(it, settings()),
    "check of one platform": (it) => check(it, { ...settings(), platforms: ["linux/arm64"] }),
    share: (it) => share(it, { ...settings(), ...first("linux/amd64") }),
    report: (it) => report(it, { ...settings(), ...first("linux/arm64") }),
    waste: (it) => waste(it, { ...settings(), ...first("linux/arm64") }),
    priceSquash: (it) => priceSquash(it, { ...settings(), ...first("linux/arm64") }),
    push: (it) => pushed(it),
    "push of one platform": (it) => pushed(it, ["linux/arm64"]),
    load: (it) => loaded(it, "linux/amd64"),
    "load of the second platform": (it) => loaded(it, "linux/arm64"),
  };

  async function pushed(it: Catalog, platforms?: readonly string[]): Promise<void> {
    const registry = await registryFixture();
    const options = { ...settings(), registries: {}, ...(platforms === undefined ? {} : { platforms }) };
    const { images } = await push(it, `${registry.host}/acme`, options);
    expect(images).toHaveLength(3);
    await registry.close();
  }

  async function loaded(it: Catalog, platform: string): Promise<void> {
    const { socket } = await fakeEngine();
    vi.stubEnv("DOCKER_HOST", `unix://${socket}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { images } = await load(it, { ...settings(), platform });
    expect(images).toHaveLength(3);
  }

  it.each(Object.entries(verbs))("%s", async (_, verb) => {
    await lock(catalog(), settings() as never);
    const expected = lockText();
    rmSync(join(folder, "layerwright.lock.json"));
    rmSync(join(folder, "store"), { recursive: true, force: true });
    await verb(catalog());
    expect(lockText()).toBe(expected);
  });

  it("for a platform that the catalog does not name, decided for all images", async () => {
    const further = { ...settings(), platforms: ["linux/s390x"] };
    await build(catalog(), settings());
    await build(catalog(), further);
    const expected = lockText();
    rmSync(join(folder, "layerwright.lock.json"));
    await build(catalog(), further);
    expect(lockText()).toBe(expected);
  });
});

describe("P10: nor on the command", () => {
  const source = `import { Catalog, Image, noSecrets } from "layerwright";
const one = Image.scratch().write("/etc/os", "one\\n").mkdir("/srv");
const two = Image.scratch().write("/etc/os", "two\\n");
const app = (base, name) => base.copy(name + "/", "/srv/app/").copy("deps/", "/srv/lib/node_modules/").squash("auto");
const images = { api: app(Image.from(one), "api"), web: app(Image.from(two), "web"), job: app(Image.scratch(), "job") };
export default new Catalog("acme", images, { platforms: ${JSON.stringify(PLATFORMS)}, policies: [noSecrets()] });
`;
  const projects: Project[] = [];
  afterAll(() => {
    for (const project of projects) project.remove();
  });

  it.each([
    "lock",
    "check web",
    "build web",
    "build web --platform linux/arm64",
    "build --affected-by web/app",
    "diff web",
    "share web",
    "share web --price",
    "waste job --platform linux/arm64",
    "report job",
    "push web --tag REGISTRY/acme/web:v1",
    "load web",
    "load web --platform linux/arm64",
    "build web --load",
  ])("layerwright %s", { timeout: 120_000 }, async (words) => {
    await lock(catalog(), settings() as never);
    const project = new Project({ "catalog.ts": source });
    projects.push(project);
    fill(project.folder);
    const registry = words.includes("REGISTRY") ? await registryFixture() : undefined;
    const { socket } = await fakeEngine();
    const { code, stderr } = await project.run(words.replace("REGISTRY", registry?.host ?? "").split(" "), {
      DOCKER_HOST: `unix://${socket}`,
    });
    await registry?.close();
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(lockText(project.folder)).toBe(lockText());
  });
});
