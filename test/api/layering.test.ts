import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  build,
  Catalog,
  dockerfile,
  Image,
  lock,
  plan,
  priceSquash,
  type SquashPolicy,
  synth,
} from "layerwright";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureBases } from "../fixtures/bases.js";
import { LOCAL_REFERENCE, layoutRegistry } from "../fixtures/layout-registry.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layerwright-layering-"));
  write("deps/lib.js", 300_000);
  write("deps/more/lib.js", 200_000);
  for (const name of ["api", "web", "job"]) write(`${name}/app`, 20_000);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, size: number): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), path.repeat(Math.ceil(size / path.length)).slice(0, size));
}

const options = () => ({ context: folder, store: join(folder, "store"), compression: "none" });

/** Three images: two on bases that differ in the folders they have, one on none; all with the same dependencies. */
function catalog(policy: SquashPolicy) {
  const debianLike = Image.scratch().write("/etc/os", "one\n").mkdir("/srv");
  const alpineLike = Image.scratch().write("/etc/os", "two\n");
  const app = (base: Image, name: string) =>
    base.copy(`${name}/`, "/srv/app/").copy("deps/", "/srv/lib/node_modules/").squash(policy);
  return new Catalog(
    "acme",
    {
      api: app(Image.from(debianLike), "api"),
      web: app(Image.from(alpineLike), "web"),
      job: app(Image.scratch(), "job")
        .write("/srv/app/extra", "x".repeat(90_000))
        .chmod("/srv/app/extra", 0o600)
        .squash(policy),
    },
    { platforms: ["linux/amd64"] },
  );
}

async function built(policy: SquashPolicy) {
  const results = await build(catalog(policy), {
    ...options(),
    lock: policy === "auto" ? undefined : false,
  } as never);
  const layers = Object.values(results).flatMap(([result]) => result?.layers ?? []);
  const distinct = new Map(layers.map((layer) => [layer.diffId, layer.uncompressedSize ?? 0]));
  return { results, stored: [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

describe('squash "auto"', () => {
  it("makes one layer of the same files on different bases, and stores less than every policy for all", async () => {
    const { results, stored } = await built("auto");
    const diffIds = Object.values(results).map(
      ([result]) => new Set(result?.layers.map(({ diffId }) => diffId)),
    );
    const shared = [...diffIds[0]!].filter((diffId) => diffIds.every((each) => each.has(diffId)));
    expect(shared).toHaveLength(1);
    for (const policy of ["keep", "own", "all"] as const) {
      expect({ policy, stored: (await built(policy)).stored }).toSatisfy(
        (other: { stored: number }) => stored <= other.stored,
      );
    }
  });

  it("is in the lock, holds from then on, and is not decided again by itself", async () => {
    const first = await built("auto");
    const path = join(folder, "layerwright.lock.json");
    const text = readFileSync(path, "utf8");
    expect(JSON.parse(text).layering).toSatisfy((entries: object) => Object.keys(entries).length === 3);
    write("api/app", 900_000);
    const second = await built("auto");
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(second.results.web[0]?.digest).toBe(first.results.web[0]?.digest);
    expect(await lock(catalog("auto"), { ...options(), check: true })).toMatchObject({
      missing: [],
      unused: [],
    });
  });

  it("is decided by `lock` too, again only when it is told to, and goes with its image", async () => {
    const decided = await lock(catalog("auto"), options());
    expect(decided.changes.map(({ kind, change }) => `${kind} ${change}`)).toEqual(
      Array(3).fill("layering added"),
    );
    expect((await lock(catalog("auto"), options())).written).toBe(false);
    expect((await lock(catalog("auto"), { ...options(), update: ["layers"] })).changes).toEqual([]);
    expect((await lock(catalog("keep"), options())).changes.map(({ change }) => change)).toEqual(
      Array(3).fill("removed"),
    );
    await expect(lock(catalog("keep"), { ...options(), update: ["layers"] })).rejects.toMatchObject({
      code: "LOCK_NAME_UNKNOWN",
    });
  });

  it("is the same in the plan and in the Dockerfile, once it is decided", async () => {
    const { images } = catalog("auto");
    expect((await plan(images.api, options())).stages.at(-1)).toMatchObject({ squash: "auto" });
    const warningsOf = async () =>
      (await synth(catalog("auto"), options())).images.map(({ warnings }) => warnings);
    // All three are of one line, which is told once.
    expect(await warningsOf()).toEqual([
      [expect.objectContaining({ message: expect.stringContaining('until "auto" is decided') })],
      [],
      [],
    ]);
    await lock(catalog("auto"), options());
    expect(await warningsOf()).toEqual([[], [], []]);
    const stage = (await plan(images.api, options())).stages.at(-1)!;
    expect(stage.squash).toBe("keep");
    expect(stage.decided?.join(" ")).toContain("3 images share");
    const [first] = (await dockerfile(images.api, options()))
      .split("\n")
      .filter((line) => line.startsWith("COPY") && line.includes("deps"));
    expect(first).toBeDefined();
  });

  it("is not decided where the lock must not change, and says what is missing", async () => {
    await expect(build(catalog("auto"), { ...options(), locked: true })).rejects.toMatchObject({
      code: "LOCK_INCOMPLETE",
      message: expect.stringContaining('the layers of squash "auto"'),
      origin: { file: expect.stringContaining("layering.test.ts") },
    });
  });

  it("has a price beside the other policies", async () => {
    const prices = await priceSquash(catalog("auto"), options());
    for (const { name, prices: each } of prices) {
      expect({ name, policies: each.map(({ squash }) => squash) }).toEqual({
        name,
        policies: ["keep", "own", "all", "auto"],
      });
      // It is what the catalog has.
      expect(each.map(({ netBytes }) => netBytes)).toSatisfy((net: number[]) => net.at(-1) === 0);
    }
    const decided = JSON.parse(readFileSync(join(folder, "layerwright.lock.json"), "utf8")).layering;
    const alone = join(folder, "alone.lock.json");
    await lock(catalog("auto"), { ...options(), lock: alone });
    expect(decided).toEqual(JSON.parse(readFileSync(alone, "utf8")).layering);
  });

  it("keeps within the layers that the catalog allows", async () => {
    const many = (maxLayers?: number) => {
      let image = Image.scratch();
      for (const at of Array(6).keys()) image = image.write(`/srv/${at}`, `${at}`.repeat(60_000));
      const settings = maxLayers === undefined ? {} : { maxLayers };
      return new Catalog(
        "acme",
        { image: image.squash("auto") },
        { platforms: ["linux/amd64"], ...settings },
      );
    };
    const layersOf = async (maxLayers?: number) => {
      const lockFile = join(folder, `${maxLayers}.lock.json`);
      const { image } = await build(many(maxLayers), { ...options(), lock: lockFile });
      return image[0]?.layers.length ?? 0;
    };
    expect(await layersOf()).toBeGreaterThan(3);
    expect(await layersOf(3)).toBe(3);
    expect(await layersOf(1)).toBe(1);
    for (const wrong of [0, 128, 1.5, "3" as never]) {
      expect(() => many(wrong)).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
    }
  });

  it("holds when what an image stands on is decided or pinned", async () => {
    ensureBases();
    const parent = Image.from(LOCAL_REFERENCE).copy("deps/", "/srv/lib/").write("/srv/a", "1").squash("auto");
    const child = Image.from(parent).copy("api/", "/srv/app/").write("/srv/b", "2").squash("auto");
    const settings = { ...options(), registry: layoutRegistry() };
    const platforms = { platforms: ["linux/amd64"] };
    const kinds = async (images: Record<string, Image>) =>
      (await lock(new Catalog("acme", images, platforms), settings)).changes.map(({ kind }) => kind);
    expect(await kinds({ parent })).toEqual(["image", "layering"]);
    expect(await kinds({ parent, child })).toEqual(["layering"]);
    expect(await kinds({ parent, child })).toEqual([]);
    const built = await build(new Catalog("acme", { parent, child }, platforms), {
      ...settings,
      locked: true,
    });
    const [below, above] = [built.parent[0]!.layers, built.child[0]!.layers];
    expect(above.slice(0, below.length).map(({ diffId }) => diffId)).toEqual(
      below.map(({ diffId }) => diffId),
    );
    expect((await plan(child, settings)).stages.map(({ squash }) => squash)).not.toContain("auto");
  });

  it("says which folders inside of larger copies others have too", async () => {
    for (const name of ["api", "web"]) {
      write(`whole/${name}/main.js`, 10_000);
      for (const file of ["a", "b"]) {
        const path = join(folder, `whole/${name}/node_modules/lib`);
        mkdirSync(path, { recursive: true });
        writeFileSync(join(path, file), file.repeat(200_000));
      }
    }
    const whole = (name: string) => Image.scratch().copy(`whole/${name}/`, "/app/").squash("auto");
    const images = {
      api: whole("api"),
      web: whole("web"),
      job: Image.scratch().copy("deps/", "/app/").squash("auto"),
    };
    const { changes } = await lock(new Catalog("acme", images, { platforms: ["linux/amd64"] }), options());
    const whyOf = Object.fromEntries(
      changes.map((change) => [change.kind === "layering" && change.after?.images[0], change]),
    ) as Record<string, { readonly after: { readonly why: readonly string[] } }>;
    const said = (name: string) => whyOf[name]!.after.why.filter((line) => line.includes("in 2 images"));
    expect(said("api")).toEqual([
      "/app/node_modules (400 kB) of copy whole/api /app/ is in 2 images: a copy of its own would be shared",
    ]);
    expect(said("web")).toHaveLength(1);
    expect(said("job")).toEqual([]);
  });

  it("without a lock is as keep", async () => {
    const auto = await build(catalog("auto").images.job, { ...options(), lock: false });
    const keep = await build(catalog("keep").images.job, { ...options(), lock: false });
    expect(auto.layers.map(({ diffId }) => diffId)).toEqual(keep.layers.map(({ diffId }) => diffId));
  });
});
