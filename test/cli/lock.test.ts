import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { lockOptionsOf } from "../../src/cli/build-flags.js";
import { Image } from "../../src/image/image.js";
import { emptyLock, type Lock, lockText } from "../../src/lock/lock.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { RegistryDouble } from "../lock/registry-double.js";
import { Project, runHere } from "./cli-support.js";

const context = mkdtempSync(join(tmpdir(), "layerwright-cli-lock-"));
afterAll(() => rmSync(context, { recursive: true, force: true }));
const here = vi.hoisted(() => ({ registry: undefined as unknown, images: [] as unknown[], context: "" }));
vi.mock("../../src/project/registry/open-registry.js", async (original) => ({
  ...(await original<typeof import("../../src/project/registry/open-registry.js")>()),
  openRegistry: async () => here.registry,
}));
vi.mock("../../src/cli/open-catalog.js", () => ({
  openCatalog: async () => ({
    name: "acme",
    images: here.images,
    context: here.context,
    shown: "catalog.ts",
  }),
}));

let registry = new RegistryDouble();
const lockFile = join(context, "layerwright.lock.json");

function images(...references: string[]) {
  return references.map((reference) => ({
    name: reference,
    plans: [{ optimized: planImage(Image.from(reference).node, { platform: "linux/amd64", context }) }],
  }));
}

const lw = (...args: string[]) => runHere(["lock", "--store", join(context, "store"), ...args]);

describe("layerwright lock", () => {
  beforeEach(() => {
    rmSync(lockFile, { force: true });
    registry = new RegistryDouble();
    registry.publish("debian:12", { "linux/amd64": ["base", "x".repeat(1500)] });
    Object.assign(here, { registry, images: images("debian:12"), context });
  });

  it("writes the lock and prints a line an entry; then it is up to date", async () => {
    const ran = await lw();
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /^debian:12 {2}linux\/amd64 {2}added [0-9a-f]{12} {2}1\.5 kB\nwritten to .*layerwright\.lock\.json\n$/,
    );
    expect(existsSync(lockFile)).toBe(true);
    expect((await lw()).stdout).toMatch(/layerwright\.lock\.json is up to date\n$/);
  });

  it("prints with --update what changed, in people's units", async () => {
    await lw();
    registry.publish("debian:12", { "linux/amd64": ["base", "y".repeat(2500)] });
    expect((await lw()).stdout).toContain("up to date");
    const ran = await lw("--update", "debian");
    expect(ran.stdout).toMatch(
      /^debian:12 {2}linux\/amd64 {2}[0-9a-f]{12} -> [0-9a-f]{12} {2}1\.5 kB -> 2\.5 kB {2}1 layer kept, 1 new$/m,
    );
    registry.publish("debian:12", { "linux/amd64": ["base", "z"] });
    const json = JSON.parse((await lw("--update", "--json")).stdout);
    expect(json).toMatchObject({ lock: lockFile, written: true });
    expect(json.changes[0]).toMatchObject({ kind: "image", change: "changed", layers: { kept: 1, new: 1 } });
    registry.publish("debian:12", { "linux/amd64": ["q"] });
    expect((await lw("--update", "--quiet")).stdout).toBe("docker.io/library/debian:12 linux/amd64\n");
  });

  it("exits with 6 under --check when something is missing or unused, and with 0 else", async () => {
    const missing = await lw("--check");
    expect(missing.code).toBe(6);
    expect(missing.stdout).toMatch(
      /^missing {2}docker\.io\/library\/debian:12 \(linux\/amd64\)\nrun `layerwright lock`/,
    );
    await lw();
    expect(await lw("--check")).toMatchObject({ code: 0, stdout: expect.stringContaining("up to date") });
    here.images = [];
    const unused = await lw("--check", "--json");
    expect(unused.code).toBe(6);
    expect(JSON.parse(unused.stdout)).toMatchObject({
      complete: false,
      missing: [],
      unused: [{ kind: "image" }],
    });
    expect((await lw("--check", "-q")).stdout).toBe("docker.io/library/debian:12 (linux/amd64)\n");
  });

  it("takes a file of another name, and refuses what contradicts itself or means nothing", async () => {
    const other = join(context, "other.json");
    expect((await lw("--lock", other)).code).toBe(0);
    expect(readFileSync(other, "utf8")).toContain("docker.io/library/debian:12");
    expect(await lw("--check", "--update")).toMatchObject({ code: 2 });
    const unknown = await lw("--update", "alpine");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("LOCK_NAME_UNKNOWN");
  });
});

describe("the other commands", () => {
  const digest = `sha256:${"a".repeat(64)}` as const;
  const program = `import { Catalog, Image } from "layerwright";
const app = Image.from("debian:12").write("/a", "1");
export default new Catalog("acme", { app }, { platforms: ["linux/amd64"] });
`;
  const lock: Lock = {
    ...emptyLock,
    images: { "docker.io/library/debian:12": { digest, platforms: { "linux/amd64": { digest, size: 1 } } } },
  };
  const project = new Project({ "catalog.ts": program });
  afterAll(() => project.remove());

  it("refuse under --locked and --offline, with exit code 6, and pin by the lock else", async () => {
    for (const args of [
      ["build", "--offline"],
      ["synth", "--locked"],
    ]) {
      const ran = await project.run(args);
      expect(ran.code).toBe(6);
      expect(ran.stderr).toContain("docker.io/library/debian:12 (linux/amd64)");
    }
    project.write({ "layerwright.lock.json": lockText(lock) });
    expect((await project.run(["synth", "--stdout", "--locked"])).stdout).toContain(
      `FROM debian:12@${digest} AS`,
    );
    expect((await project.run(["synth", "--stdout", "--no-lock"])).stdout).toContain("FROM debian:12 AS");
    expect(await project.run(["synth", "--no-lock"])).toMatchObject({ code: 0 });
    expect(readFileSync(join(project.folder, "layerwright.out/app/Dockerfile"), "utf8")).toContain(
      "FROM debian:12 AS",
    );
  }, 120_000);

  it("hand on what was written of the lock, and nothing else", () => {
    expect(lockOptionsOf({})).toEqual({});
    // What the parser says where --no-lock is known and nothing was written.
    expect(lockOptionsOf({ lock: true as never })).toEqual({});
    const all = { lock: "a.json", locked: true, offline: true };
    expect(lockOptionsOf(all)).toEqual(all);
    expect(lockOptionsOf({ lock: false })).toEqual({ lock: false });
  });
});
