// biome-ignore-all lint/suspicious/noAssignInExpressions: each case is one change, and the table reads best in one line a case

import { spawnSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseGetfattr } from "../../src/adapters/bases/rootfs-base.js";
import { indexLayer } from "../../src/archive/layer-index.js";
import { digestOf } from "../../src/oci/digest.js";
import { mediaType } from "../../src/oci/manifest.js";
import {
  addBlob,
  addImage,
  archiveFiles,
  type Draft,
  describeBytes,
  draft,
  type Files,
  itemsOf,
  type Json,
  json,
  layerTar,
  layoutFiles,
  tarOf,
} from "./image-fixture.js";
import { amd64, asFolder, asTar, openBase, readBase } from "./open-base.js";
import { tempFolder } from "./temp-folder.js";

/** Members that are there: those that are null are read as none. */
function known(document: Json): Json {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
}

/** Checks that an image is the one of a draft, all its bytes included. */
async function expectImage(
  image: Draft,
  location: Parameters<typeof readBase>[0],
  platform = amd64,
): Promise<void> {
  const found = await readBase(location, platform);
  expect(found.config).toEqual({
    ...known(image.config),
    ...(image.config.config ? { config: known(image.config.config) } : {}),
    rootfs: { type: "layers", diff_ids: image.config.rootfs.diff_ids ?? [] },
  });
  expect(found.layers.map((layer) => layer.diffId)).toEqual(image.layers.map((layer) => layer.diffId));
  expect(found.blobs.map((blob) => digestOf(blob))).toEqual(
    image.layers.map((layer) => digestOf(layer.bytes)),
  );
  for (const [at, layer] of found.layers.entries()) {
    expect(layer.descriptor).toMatchObject({
      digest: digestOf(image.layers[at]!.bytes),
      size: image.layers[at]!.bytes.length,
    });
    expect(layer.plain === undefined).toBe(layer.encoding !== "none");
    if (layer.plain !== undefined) expect(found.plains[at]!.equals(image.layers[at]!.bytes)).toBe(true);
  }
}

function withIndex(image: Draft, index: (manifest: Json, files: Files) => Json): Draft {
  image.files = (files) => {
    const found = JSON.parse(Buffer.from(files.get("index.json")!).toString()) as Json;
    files.set("index.json", json({ schemaVersion: 2, manifests: index(found.manifests[0], files) }));
  };
  return image;
}

function changed(change: (image: Draft) => void): Draft {
  const image = draft();
  change(image);
  return image;
}

const named = (name: string, value: string) => ({ annotations: { [name]: value } });
const REF = "org.opencontainers.image.ref.name";
const NAME = "io.containerd.image.name";

const layouts: readonly [name: string, image: Draft, tag?: string][] = [
  ["a plain one", draft()],
  [
    "Docker's media types",
    changed((i) => {
      i.layers[0]!.mediaType = mediaType.dockerLayer;
      i.layers[1]!.mediaType = mediaType.dockerLayerGzip;
      i.manifest = {
        schemaVersion: 2,
        mediaType: mediaType.dockerManifest,
        config: describeBytes(mediaType.dockerConfig, json(i.config)),
      };
    }),
  ],
  ["a manifest that does not say what it is", changed((i) => void delete i.manifest.mediaType)],
  [
    "no layers",
    changed((i) => {
      i.layers = [];
      i.config.rootfs.diff_ids = [];
      i.config.history = [];
    }),
  ],
  [
    "diff_ids of null, as Go writes none",
    changed((i) => {
      i.layers = [];
      i.config.rootfs.diff_ids = null;
      i.config.history = null;
    }),
  ],
  [
    "unknown fields",
    changed((i) => {
      i.config["moby.buildkit.cache.v0"] = "abc";
      i.config.config.ArgsEscaped = true;
      i.config.config.Image = "";
      i.config.container_config = { Cmd: null };
      i.config["os.version"] = "10.0";
    }),
  ],
  [
    "nulls, as Docker writes them",
    changed((i) => {
      i.config.config = {
        Env: null,
        Cmd: null,
        Volumes: null,
        Entrypoint: null,
        OnBuild: null,
        Labels: null,
      };
    }),
  ],
  ["no config object", changed((i) => void delete i.config.config)],
  ["no history", changed((i) => void delete i.config.history)],
  ["less history than layers", changed((i) => void i.config.history.pop())],
  [
    "labels that differ in case only",
    changed((i) => {
      i.config.config.Labels = { Name: "a", name: "b" };
    }),
  ],
  [
    "the same layer twice",
    changed((i) => {
      i.layers.push(i.layers[0]!);
      i.config.rootfs.diff_ids.push(i.layers[0]!.diffId);
    }),
  ],
  [
    "an empty layer stream",
    changed((i) => {
      i.layers[0] = { bytes: Buffer.alloc(0), mediaType: mediaType.ociLayer, diffId: digestOf("") };
      i.config.rootfs.diff_ids[0] = digestOf("");
    }),
  ],
  [
    "a foreign layer that is there",
    changed((i) => {
      i.layers[1]!.mediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
      i.layers[1]!.descriptor = { urls: ["https://example.com/layer"] };
    }),
  ],
  [
    "a gzip layer with a file name in its header",
    changed((i) => {
      const zipped = gzipSync(layerTar("second"));
      const head = Buffer.from(zipped.subarray(0, 10));
      head[3] = 8;
      i.layers[1]!.bytes = Buffer.concat([head, Buffer.from("layer.tar\0"), zipped.subarray(10)]);
    }),
  ],
  [
    "a zstd layer behind a skippable frame",
    changed((i) => {
      i.layers[1]!.bytes = Buffer.concat([
        Buffer.from("502a4d180400000000000000", "hex"),
        Buffer.from("28b52ffd", "hex"),
      ]);
      i.layers[1]!.mediaType = mediaType.ociLayerZstd;
    }),
  ],
  ["a tag by its ref name", withIndex(draft(), (m) => [{ ...m, ...named(REF, "v1") }]), "v1"],
  [
    "a tag by its full name",
    withIndex(draft(), (m) => [{ ...m, ...named(NAME, "example.com:5000/app:v1") }]),
    "v1",
  ],
  [
    "a full reference as tag",
    withIndex(draft(), (m) => [{ ...m, ...named(NAME, "example.com/app:v1") }]),
    "example.com/app:v1",
  ],
  [
    "a full reference as ref name",
    withIndex(draft(), (m) => [{ ...m, ...named(REF, "example.com/app:v1") }]),
    "v1",
  ],
  [
    "two tags of one image",
    withIndex(draft(), (m) => [
      { ...m, ...named(REF, "v1") },
      { ...m, ...named(REF, "v2") },
    ]),
  ],
  [
    "another image beside it",
    withIndex(draft(), (m, files) => {
      const other = addImage(
        files,
        changed((i) => void (i.config.created = "2020-01-01T00:00:00Z")),
      );
      return [
        { ...other, ...named(REF, "old") },
        { ...m, ...named(REF, "new") },
      ];
    }),
    "new",
  ],
  [
    "an exact tag beside one that only ends like it",
    withIndex(draft(), (m, files) => {
      const other = addImage(
        files,
        changed((i) => void (i.config.created = "2020-01-01T00:00:00Z")),
      );
      return [
        { ...other, ...named(NAME, "a/b:new") },
        { ...m, ...named(REF, "new") },
      ];
    }),
    "new",
  ],
  [
    "an index in the index",
    withIndex(draft(), (m, files) => [
      addBlob(files, mediaType.ociIndex, json({ schemaVersion: 2, manifests: [m] })),
    ]),
  ],
  [
    "a Docker manifest list",
    withIndex(draft(), (m, files) => [
      addBlob(
        files,
        mediaType.dockerIndex,
        json({ schemaVersion: 2, mediaType: mediaType.dockerIndex, manifests: [m] }),
      ),
    ]),
  ],
  [
    "several platforms of which one is here",
    withIndex(draft(), (m, files) => [
      addBlob(
        files,
        mediaType.ociIndex,
        json({
          schemaVersion: 2,
          manifests: [
            {
              ...describeBytes(mediaType.ociManifest, Buffer.from("not here")),
              platform: { os: "linux", architecture: "arm64" },
            },
            { ...m, platform: { os: "linux", architecture: "amd64" } },
          ],
        }),
      ),
    ]),
  ],
  [
    "platforms in the layout's own index",
    withIndex(draft(), (m, files) => {
      const arm = addImage(
        files,
        changed((i) => void (i.config.architecture = "arm64")),
      );
      return [
        { ...arm, platform: { os: "linux", architecture: "arm64" } },
        { ...m, platform: { os: "linux", architecture: "amd64" } },
      ];
    }),
  ],
  [
    "platforms that only the configs say",
    withIndex(draft(), (m, files) => {
      const arm = addImage(
        files,
        changed((i) => void (i.config.architecture = "arm64")),
      );
      return [addBlob(files, mediaType.ociIndex, json({ schemaVersion: 2, manifests: [arm, m] }))];
    }),
  ],
  [
    "an attestation beside it",
    withIndex(draft(), (m) => [
      m,
      {
        ...describeBytes(mediaType.ociManifest, Buffer.from("a")),
        platform: { os: "unknown", architecture: "unknown" },
        annotations: { "vnd.docker.reference.type": "attestation-manifest" },
      },
    ]),
  ],
  [
    "a signature beside it",
    withIndex(draft(), (m) => [
      m,
      describeBytes("application/vnd.dev.sigstore.bundle.v0.3+json", Buffer.from("s")),
    ]),
  ],
];

describe("an OCI layout", () => {
  it.each(layouts)("with %s is taken, as a folder and as a tar", async (_, image, tag) => {
    const files = layoutFiles(image);
    const where = tag === undefined ? {} : { tag };
    await expectImage(image, { kind: "layout", path: asFolder(files), ...where });
    await expectImage(image, { kind: "layout", path: asTar(files), ...where });
  });

  it("in a compressed tar, a tar with ./ names and folders, and behind the user's link is taken", async () => {
    const image = draft();
    const files = layoutFiles(image);
    await expectImage(image, { kind: "layout", path: asTar(files, gzipSync) });
    const folder = asFolder(files);
    const tar = join(tempFolder(), "made.tar");
    expect(spawnSync("tar", ["-cf", tar, "-C", folder, "."]).status).toBe(0);
    await expectImage(image, { kind: "layout", path: tar });
    const link = join(tempFolder(), "link");
    symlinkSync(tar, link);
    await expectImage(image, { kind: "layout", path: link });
    rmSync(link);
    symlinkSync(folder, link);
    await expectImage(image, { kind: "layout", path: link });
  });

  it("of a variant gives the best one that runs", async () => {
    const variants = ["v5", "v6", "v8"];
    const image = withIndex(draft(), (_, files) =>
      variants.map((variant) => ({
        ...addImage(
          files,
          changed((i) => Object.assign(i.config, { architecture: "arm", variant })),
        ),
        platform: { os: "linux", architecture: "arm", variant },
      })),
    );
    const path = asFolder(layoutFiles(image));
    const arm = { os: "linux", architecture: "arm" };
    expect((await readBase({ kind: "layout", path }, { ...arm, variant: "v6" })).config.variant).toBe("v6");
    expect((await readBase({ kind: "layout", path }, arm)).config.variant).toBe("v6");
  });

  it("says which platforms and tags there are", async () => {
    const image = withIndex(draft(), (m, files) => {
      const other = addImage(
        files,
        changed((i) => void (i.config.created = "2020")),
      );
      return [
        { ...m, ...named(REF, "one") },
        { ...other, ...named(REF, "two") },
      ];
    });
    const path = asFolder(layoutFiles(image));
    await expect(readBase({ kind: "layout", path, tag: "three" })).rejects.toMatchObject({
      code: "BASE_TAG_NOT_FOUND",
      hint: expect.stringContaining('"one", "two"'),
    });
    await expect(readBase({ kind: "layout", path })).rejects.toMatchObject({
      code: "BASE_TAG_NEEDED",
      hint: expect.stringContaining('"one", "two"'),
    });
    await expect(
      readBase({ kind: "layout", path, tag: "one" }, { os: "linux", architecture: "s390x" }),
    ).rejects.toMatchObject({
      code: "BASE_PLATFORM_MISSING",
      hint: expect.stringContaining("linux/amd64"),
    });
  });
});

const archives: readonly [name: string, image: Draft, files: (image: Draft) => Files, tag?: string][] = [
  ["docker save's old form", draft(), (image) => archiveFiles([{ image, tags: ["example.com/app:v1"] }])],
  ["no RepoTags", draft(), (image) => archiveFiles([{ image, tags: null }])],
  ["a tag", draft(), (image) => archiveFiles([{ image, tags: ["example.com/app:v1"] }]), "v1"],
  [
    "a full reference",
    draft(),
    (image) => archiveFiles([{ image, tags: ["example.com/app:v1"] }]),
    "example.com/app:v1",
  ],
  [
    "crane's names",
    draft(),
    (image) =>
      archiveFiles([
        { image, tags: ["a/b:c"], config: digestOf(json(image.config)), layers: ["a.tar.gz", "b.tar.gz"] },
      ]),
  ],
  [
    "docker save's hybrid form",
    draft(),
    (image) => {
      const names = image.layers.map((layer) => `blobs/sha256/${digestOf(layer.bytes).slice(7)}`);
      const files = archiveFiles([
        {
          image,
          tags: ["a/b:c"],
          config: `blobs/sha256/${digestOf(json(image.config)).slice(7)}`,
          layers: names,
        },
      ]);
      return new Map([...layoutFiles(image), ...files]);
    },
  ],
  [
    "a layer twice",
    changed((i) => {
      i.layers.push(i.layers[1]!);
      i.config.rootfs.diff_ids.push(i.layers[1]!.diffId);
    }),
    (image) => archiveFiles([{ image, tags: null, layers: ["a.tar", "b.tar", "b.tar"] }]),
  ],
  [
    "several images and a tag",
    draft(),
    (image) =>
      archiveFiles([
        { image: changed((i) => void (i.config.created = "2020")), tags: ["a/b:one"] },
        { image, tags: ["a/b:two"] },
      ]),
    "two",
  ],
  [
    "one image under two entries",
    draft(),
    (image) =>
      archiveFiles([
        { image, tags: ["a/b:one"] },
        { image, tags: ["a/b:two"] },
      ]),
  ],
];

describe("a docker archive", () => {
  it.each(archives)("with %s is taken, plain and compressed", async (_, image, make, tag) => {
    const where = tag === undefined ? {} : { tag };
    await expectImage(image, { kind: "archive", path: asTar(make(image)), ...where });
    await expectImage(image, { kind: "archive", path: asTar(make(image), gzipSync), ...where });
  });

  it("whose layers are links inside it is taken", async () => {
    const image = changed((i) => {
      i.layers.push(i.layers[0]!);
      i.config.rootfs.diff_ids.push(i.layers[0]!.diffId);
    });
    const files = archiveFiles([
      { image, tags: null, layers: ["one/layer.tar", "two/layer.tar", "three/layer.tar"] },
    ]);
    files.delete("three/layer.tar");
    const link = {
      type: "symlink",
      path: "three/layer.tar",
      mode: 0o777,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 0,
      linkname: "../one/layer.tar",
    } as const;
    const path = join(tempFolder(), "image.tar");
    writeFileSync(path, tarOf([...itemsOf(files), { entry: link }]));
    await expectImage(image, { kind: "archive", path });
  });

  it("without the zero blocks at its end is taken", async () => {
    const image = draft();
    await expectImage(image, {
      kind: "archive",
      path: asTar(archiveFiles([{ image, tags: null }]), (tar) => tar.subarray(0, -1024)),
    });
  });

  it("of several images asks for a tag", async () => {
    const files = archiveFiles([
      { image: draft(), tags: ["a/b:one"] },
      { image: changed((i) => void (i.config.created = "2020")), tags: ["a/b:two"] },
    ]);
    await expect(openBase({ kind: "archive", path: asTar(files) })).rejects.toMatchObject({
      code: "BASE_TAG_NEEDED",
      hint: expect.stringContaining('"a/b:one", "a/b:two"'),
    });
    await expect(openBase({ kind: "archive", path: asTar(files), tag: "x" })).rejects.toMatchObject({
      code: "BASE_TAG_NOT_FOUND",
    });
  });

  it("for another platform is refused", async () => {
    const path = asTar(archiveFiles([{ image: draft(), tags: null }]));
    await expect(
      openBase({ kind: "archive", path }, { os: "linux", architecture: "arm64" }),
    ).rejects.toMatchObject({
      code: "BASE_PLATFORM_MISSING",
      hint: expect.stringContaining("linux/amd64"),
    });
  });
});

describe("a root file system", () => {
  it("in a tar is the one layer, byte for byte", async () => {
    const tar = layerTar("etc/hostname", "here");
    for (const change of [(bytes: Buffer) => bytes, gzipSync]) {
      const path = asTar(new Map(), () => change(tar));
      const { config, layers, blobs } = await readBase({ kind: "rootfs", path, config: { Cmd: ["sh"] } });
      expect(config).toEqual({
        os: "linux",
        architecture: "amd64",
        config: { Cmd: ["sh"] },
        rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
      });
      expect(blobs[0]!.equals(tar)).toBe(true);
      expect(layers[0]).toMatchObject({
        encoding: "none",
        diffId: digestOf(tar),
        descriptor: { mediaType: mediaType.ociLayer, size: tar.length },
      });
    }
  });

  it("in a tar with a name that layers use for removals is refused", async () => {
    const path = asTar(new Map(), () => layerTar("etc/.wh.passwd"));
    await expect(openBase({ kind: "rootfs", path })).rejects.toMatchObject({ code: "BASE_IMAGE_INVALID" });
  });

  it("in a folder is packed with what it has, the same bytes each time", async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "tool"), "#!/bin/sh\n");
    chmodSync(join(folder, "bin", "tool"), 0o4755);
    linkSync(join(folder, "bin", "tool"), join(folder, "bin", "also"));
    symlinkSync("tool", join(folder, "bin", "link"));
    writeFileSync(join(folder, "bin-x"), "x");
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/odd-`), Buffer.from([0xe9])]), "odd");
    spawnSync("mkfifo", ["-m", "600", join(folder, "pipe")]);
    const root = process.getuid?.() === 0;
    if (root) spawnSync("mknod", ["-m", "666", join(folder, "null"), "c", "1", "3"]);
    const socket = createServer();
    await new Promise<void>((resolve) => socket.listen(join(folder, "socket"), resolve));
    const first = await readBase({ kind: "rootfs", path: folder });
    const second = await readBase({ kind: "rootfs", path: folder });
    await new Promise((resolve) => socket.close(resolve));
    expect(first.layers[0]!.diffId).toBe(second.layers[0]!.diffId);
    const { diffId } = first.layers[0]!;
    const index = await indexLayer(
      (async function* () {
        yield* first.blobs;
      })(),
      diffId,
    );
    const entries = index.entries.map(
      ({ entry }) => `${entry.type} ${entry.path} ${entry.mode.toString(8)} ${entry.linkname ?? ""}`,
    );
    expect(entries).toEqual([
      "folder bin 755 ",
      "file bin-x 644 ",
      "file bin/also 4755 ",
      "symlink bin/link 777 tool",
      "hardlink bin/tool 4755 bin/also",
      ...(root ? ["character-device null 666 "] : []),
      "file odd-\udce9 644 ",
      "fifo pipe 600 ",
    ]);
    expect(index.entries.every(({ entry }) => entry.mtime === 0)).toBe(true);
    if (root)
      expect(index.entries.find(({ entry }) => entry.path === "null")!.entry).toMatchObject({
        devmajor: 1,
        devminor: 3,
      });
  });

  it("has the capabilities that getfattr names", () => {
    const text =
      "# file: bin/ping\nsecurity.capability=0x0100000200200000\n\n# file: odd\\351\\012x\nsecurity.capability=0x00\n";
    const found = parseGetfattr(text);
    expect(Buffer.from(found.get("bin/ping")!).toString("hex")).toBe("0100000200200000");
    expect(Array.from(found.keys())).toEqual(["bin/ping", "odd\udce9\nx"]);
  });
});
