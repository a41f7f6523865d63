import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/adapters/store-memory/memory-blob-store.js";
import { BaseResolver } from "../../src/engine/resolve-bases.js";
import { digestOf } from "../../src/oci/digest.js";
import type { ImageConfig } from "../../src/oci/image-config.js";
import type { Operation } from "../../src/plan/operation.js";
import type { BaseImage, BaseSource } from "../../src/ports/base-source.js";
import { lines, planOf, plansOf, type TestBuild, testBuild, write } from "./support/build.js";

/** Serves a built image as a base, compressed or not. */
function basesFrom(
  made: TestBuild,
  blobs: MemoryBlobStore,
  extra: object = {},
): BaseSource & { closed: number } {
  const config = {
    ...JSON.parse(Buffer.from(made.built.image.config.bytes).toString("utf8")),
    ...extra,
  } as ImageConfig;
  const source = {
    closed: 0,
    async open(): Promise<BaseImage> {
      return {
        config,
        layers: made.built.image.layers.map(({ diffId, descriptor }) => ({
          diffId,
          descriptor,
          encoding: descriptor.mediaType.endsWith("gzip") ? "gzip" : "none",
          blob: () => blobs.read(descriptor.digest),
        })),
        close: async () => void source.closed++,
      };
    },
  };
  return source;
}

const below: readonly (readonly Operation[])[] = [
  [
    write("/etc/passwd", "root:x:0:0::/:\nwww-data:x:33:33::/:\n"),
    write("/bin/tool", "tool", 0o755),
    { op: "mkdir", path: "/tmp", mode: { octal: 0o1777 } },
    { op: "symlink", path: "/lib", target: "usr/lib" },
  ],
  [write("/etc/second", "2"), { op: "remove", path: "/bin/tool" }, write("/bin/other", "other", 0o755)],
];

async function makeBase(extra: object = {}) {
  const store = new MemoryBlobStore();
  const plan = planOf(below, { config: [{ set: "cmd", args: ["/base"] }] });
  const made = await testBuild(plan, undefined, { store });
  return { store, made, bases: basesFrom(made, store, extra) };
}

describe("a base on disk", () => {
  test("keeps its layers byte for byte, and unknown fields of its config", async () => {
    const { made, bases } = await makeBase({ author: "someone", "x-unknown": [1] });
    const plan = planOf([[write("/tmp/x"), write("/lib/y")]], { base: { kind: "layout", path: "base" } });
    const { built, layers, config } = await testBuild(plan, undefined, { bases });
    expect(built.image.layers.slice(0, 2).map(({ descriptor }) => descriptor)).toEqual(
      made.built.image.layers.map(({ descriptor }) => descriptor),
    );
    expect(lines(layers[2])).toEqual([
      'tmp/x 0644 0:0 ""',
      "usr/ 0755 0:0",
      "usr/lib/ 0755 0:0",
      'usr/lib/y 0644 0:0 ""',
    ]);
    expect(config).toMatchObject({ author: "someone", "x-unknown": [1], config: { Cmd: ["/base"] } });
    expect(config.history).toHaveLength(4);
    expect(bases.closed).toBe(1);
  });

  test("gives content to what is copied up, and names to owners", async () => {
    const { bases } = await makeBase();
    const plan = planOf(
      [
        [
          { op: "chmod", path: "/bin/other", mode: { octal: 0o700 } },
          { op: "chown", path: "/etc/second", owner: { user: "www-data" } },
        ],
      ],
      { base: { kind: "layout", path: "base" } },
    );
    const { layers } = await testBuild(plan, undefined, { bases });
    expect(lines(layers[2])).toEqual(['bin/other 0700 0:0 "other"', 'etc/second 0644 33:33 "2"']);
  });

  test("is melted into one layer by squash all, with nothing that was removed", async () => {
    const { bases } = await makeBase();
    const plan = planOf([[write("/new", "n")]], { base: { kind: "layout", path: "base" }, squash: "all" });
    const { layers, config } = await testBuild(plan, undefined, { bases });
    expect(layers).toHaveLength(1);
    expect(lines(layers[0])).toEqual([
      "bin/ 0755 0:0",
      'bin/other 0755 0:0 "other"',
      "etc/ 0755 0:0",
      'etc/passwd 0644 0:0 "root:x:0:0::/:\\nwww-data:x:33:33::/:\\n"',
      'etc/second 0644 0:0 "2"',
      "lib 0777 0:0 symlink usr/lib",
      'new 0644 0:0 "n"',
      "tmp/ 1777 0:0",
    ]);
    expect(config.history).toHaveLength(1);
    expect(config).toMatchObject({ config: { Cmd: ["/base"] } });
  });

  test("of plain tars is compressed, with the same diff_ids, and once", async () => {
    const store = new MemoryBlobStore();
    const { bases, made } = await makePlain();
    const plan = planOf([[write("/x")]], { base: { kind: "archive", path: "base.tar" } });
    const first = await testBuild(plan, undefined, { bases, store });
    expect(first.built.layers.map(({ diffId }) => diffId).slice(0, 2)).toEqual(
      made.map(({ diffId }) => diffId),
    );
    expect(first.built.layers.every(({ descriptor }) => descriptor.mediaType.endsWith("tar+gzip"))).toBe(
      true,
    );
    const writer = store.writer.bind(store);
    let writers = 0;
    store.writer = () => {
      writers++;
      return writer();
    };
    await testBuild(plan, undefined, { bases, store });
    expect(writers).toBe(0);
  });

  test("is closed when the build fails", async () => {
    const { bases } = await makeBase();
    const plan = planOf([[{ op: "chmod", path: "/nowhere", mode: { octal: 0 } }]], {
      base: { kind: "layout", path: "base" },
    });
    await expect(testBuild(plan, undefined, { bases })).rejects.toMatchObject({ code: "PATH_NOT_FOUND" });
    expect(bases.closed).toBe(1);
  });
});

async function makePlain() {
  const store = new MemoryBlobStore();
  const { made } = await makeBase();
  const layers: { diffId: `sha256:${string}`; tar: Buffer }[] = [];
  for (const layer of made.built.image.layers) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of layer.blob()) chunks.push(chunk);
    const tar = gunzipSync(Buffer.concat(chunks));
    store.blobs.set(digestOf(tar), tar);
    layers.push({ diffId: digestOf(tar), tar });
  }
  const config = JSON.parse(Buffer.from(made.built.image.config.bytes).toString("utf8")) as ImageConfig;
  const bases: BaseSource = {
    open: async () => ({
      config,
      layers: layers.map(({ diffId, tar }) => ({
        diffId,
        descriptor: {
          mediaType: "application/vnd.docker.image.rootfs.diff.tar",
          digest: diffId,
          size: tar.length,
        },
        encoding: "none",
        blob: () => store.read(diffId),
      })),
      close: async () => {},
    }),
  };
  return { bases, made: layers };
}

test("a parent image passes its layers on, its child adds to them", async () => {
  const plan = plansOf([
    {
      id: "parent",
      layers: [{ id: "p", operations: [write("/p")] }],
      config: [{ set: "env", name: "A", value: "1" }],
    },
    {
      id: "unused",
      layers: [{ id: "u", operations: [write("/u")] }],
      base: { kind: "registry", reference: "x" },
    },
    {
      id: "child",
      layers: [{ id: "c", operations: [write("/c")] }],
      base: { kind: "stage", stage: "parent" },
      squash: "own",
    },
  ]);
  const { layers, config } = await testBuild(plan);
  expect(layers.map((entries) => entries.map(({ path }) => path))).toEqual([["p"], ["c"]]);
  expect(config).toMatchObject({ config: { Env: [expect.stringContaining("PATH="), "A=1"] } });
  expect(config.history).toHaveLength(3);
});

test("what a Dockerfile has to know of a base is looked up in it", async () => {
  const { bases, store } = await makeBase();
  const plan = planOf(
    [[{ ...write("/lib/deep/x"), owner: { user: "www-data" } } as Operation, write("/tmp/x")]],
    { base: { kind: "layout", path: "base" } },
  );
  const resolved = await new BaseResolver("/").resolve(plan, { bases, store, files: { list: () => [] } });
  const [stage] = resolved.stages;
  expect(stage?.base).toMatchObject({
    known: {
      config: { Cmd: ["/base"] },
      users: { "www-data": { uid: 33, gid: 33 } },
      groups: {},
      paths: {
        "/": { type: "folder", mode: 0o755 },
        "/lib": { type: "symlink", target: "usr/lib" },
        "/usr": null,
        "/usr/lib": null,
        "/lib/deep": null,
        "/tmp": { type: "folder", mode: 0o1777 },
        "/tmp/x": null,
      },
    },
  });
});
