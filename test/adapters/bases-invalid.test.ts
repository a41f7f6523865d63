// biome-ignore-all lint/suspicious/noAssignInExpressions: each case is one change, and the table reads best in one line a case

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.js";
import { mediaType } from "../../src/oci/manifest.js";
import {
  addBlob,
  archiveFiles,
  type Draft,
  describeBytes,
  draft,
  type Files,
  type Json,
  json,
  layerTar,
  layoutFiles,
} from "./image-fixture.js";
import { asFolder, asTar, readBase } from "./open-base.js";

const INVALID = "BASE_IMAGE_INVALID";

/** A document written by hand, because `JSON.stringify` cannot say it. */
function replaced(document: Json, from: string, to: string): Buffer {
  const text = JSON.stringify(document);
  expect(text).toContain(from);
  return Buffer.from(text.replace(from, to));
}

/** The manifest of a draft as `addImage` would write it. */
function manifestOf(image: Draft): Json {
  const layers = image.layers.map((layer) => describeBytes(layer.mediaType, layer.bytes));
  return { config: describeBytes(mediaType.ociConfig, json(image.config)), layers, ...image.manifest };
}

function manifestPath(files: Files): string {
  const index = JSON.parse(Buffer.from(files.get("index.json")!).toString()) as Json;
  return `blobs/sha256/${index.manifests[0].digest.slice(7)}`;
}

type Case = readonly [name: string, code: string, change: (image: Draft) => void];

const layouts: readonly Case[] = [
  ["a layer with a size too small", INVALID, (i) => void (i.layers[0]!.descriptor = { size: 5 })],
  ["a layer with a size too big", INVALID, (i) => void (i.layers[0]!.descriptor = { size: 5_000_000 })],
  ["a layer with a negative size", INVALID, (i) => void (i.layers[0]!.descriptor = { size: -1 })],
  [
    "a size of 2^53 + 1",
    INVALID,
    (i) =>
      void (i.raw.manifest = replaced(
        manifestOf(i),
        `"size":${i.layers[0]!.bytes.length}`,
        '"size":9007199254740993',
      )),
  ],
  ["a size that is text", INVALID, (i) => void (i.layers[0]!.descriptor = { size: "1024" })],
  ["a size with a fraction", INVALID, (i) => void (i.layers[0]!.descriptor = { size: 1.5 })],
  ["a size that is missing", INVALID, (i) => void (i.layers[0]!.descriptor = { size: undefined })],
  [
    "a digest of another algorithm",
    INVALID,
    (i) => void (i.layers[0]!.descriptor = { digest: `sha512:${"a".repeat(128)}` }),
  ],
  [
    "a digest that is a path",
    INVALID,
    (i) => void (i.layers[0]!.descriptor = { digest: "sha256:../../../etc/passwd" }),
  ],
  [
    "a digest in capitals",
    INVALID,
    (i) => void (i.layers[0]!.descriptor = { digest: `sha256:${"A".repeat(64)}` }),
  ],
  [
    "a layer that is missing",
    INVALID,
    (i) => void (i.layers[0]!.descriptor = { digest: digestOf("nothing") }),
  ],
  ["a plain layer called gzip", INVALID, (i) => void (i.layers[0]!.mediaType = mediaType.ociLayerGzip)],
  ["a gzip layer called plain", INVALID, (i) => void (i.layers[1]!.mediaType = mediaType.ociLayer)],
  ["a gzip layer called zstd", INVALID, (i) => void (i.layers[1]!.mediaType = mediaType.ociLayerZstd)],
  [
    "a gzip layer called a plain Docker layer",
    INVALID,
    (i) => void (i.layers[1]!.mediaType = mediaType.dockerLayer),
  ],
  [
    "a layer of an unknown type",
    "BASE_UNSUPPORTED",
    (i) => void (i.layers[0]!.mediaType = "application/x-tar"),
  ],
  [
    "an encrypted layer",
    "BASE_UNSUPPORTED",
    (i) => void (i.layers[0]!.mediaType = `${mediaType.ociLayerGzip}+encrypted`),
  ],
  [
    "a layer type named like an object's own",
    "BASE_UNSUPPORTED",
    (i) => void (i.layers[0]!.mediaType = "constructor"),
  ],
  [
    "an xz layer",
    "BASE_UNSUPPORTED",
    (i) => void (i.layers[0]!.bytes = Buffer.from("fd377a585a000000", "hex")),
  ],
  ["too few diff_ids", INVALID, (i) => void i.config.rootfs.diff_ids.pop()],
  ["too many diff_ids", INVALID, (i) => void i.config.rootfs.diff_ids.push(digestOf("x"))],
  ["no diff_ids", INVALID, (i) => void delete i.config.rootfs.diff_ids],
  ["a diff_id that is no digest", INVALID, (i) => void (i.config.rootfs.diff_ids[0] = "sha256:1")],
  ["a plain layer with another diff_id", INVALID, (i) => void (i.config.rootfs.diff_ids[0] = digestOf("x"))],
  ["diff_ids in the wrong order", INVALID, (i) => void i.config.rootfs.diff_ids.reverse()],
  ["another rootfs.type", INVALID, (i) => void (i.config.rootfs.type = "base")],
  ["no rootfs.type", INVALID, (i) => void delete i.config.rootfs.type],
  ["no rootfs", INVALID, (i) => void delete i.config.rootfs],
  ["no architecture", INVALID, (i) => void delete i.config.architecture],
  ["no os", INVALID, (i) => void (i.config.os = "")],
  ["a null config", INVALID, (i) => void (i.config = null)],
  ["a config that is a list", INVALID, (i) => void (i.config = [])],
  ["a config that is a number", INVALID, (i) => void (i.config = 5)],
  ["more layers in the history than there are", INVALID, (i) => void i.config.history.push({}, {})],
  ["an Env that is text", INVALID, (i) => void (i.config.config.Env = "PATH=/bin")],
  ["an Entrypoint of numbers", INVALID, (i) => void (i.config.config.Entrypoint = [1])],
  ["a label that is a number", INVALID, (i) => void (i.config.config.Labels = { a: 1 })],
  ["a User that is a number", INVALID, (i) => void (i.config.config.User = 0)],
  ["a config of 5 MiB", INVALID, (i) => void (i.config.padding = "x".repeat(5 << 20))],
  [
    "a key twice in the config",
    INVALID,
    (i) => void (i.raw.config = replaced(i.config, '"os":"linux"', '"os":"linux","os":"windows"')),
  ],
  [
    "a key twice, once escaped",
    INVALID,
    (i) => void (i.raw.config = replaced(i.config, '"os":"linux"', '"os":"linux","\\u006fs":"windows"')),
  ],
  ["a key twice in another case", INVALID, (i) => void (i.config.config.env = ["PATH=/evil"])],
  [
    "a __proto__ in the config",
    INVALID,
    (i) => void (i.raw.config = replaced(i.config, '"os":"linux"', '"os":"linux","__proto__":{"a":1}')),
  ],
  [
    "a number that would be rounded",
    INVALID,
    (i) => void (i.raw.config = replaced(i.config, '"os":"linux"', '"os":"linux","n":9007199254740993')),
  ],
  [
    "a mark before the config",
    INVALID,
    (i) => void (i.raw.config = Buffer.from(`\ufeff${JSON.stringify(i.config)}`)),
  ],
  [
    "a config that is not UTF-8",
    INVALID,
    (i) =>
      void (i.raw.config = Buffer.concat([
        json(i.config).subarray(0, -1),
        Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      ])),
  ],
  [
    "a config in UTF-16",
    INVALID,
    (i) => void (i.raw.config = Buffer.from(JSON.stringify(i.config), "utf16le")),
  ],
  [
    "a config nested 100,000 deep",
    INVALID,
    (i) => void (i.raw.config = Buffer.from(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)),
  ],
  [
    "a config of nothing but open quotes",
    INVALID,
    (i) => void (i.raw.config = Buffer.from(`"${'\\"'.repeat(1_000_000)}`)),
  ],
  ["an empty config", INVALID, (i) => void (i.raw.config = Buffer.alloc(0))],
  [
    "a config with something after it",
    INVALID,
    (i) => void (i.raw.config = Buffer.from(`${JSON.stringify(i.config)}{}`)),
  ],
  ["a manifest of schema 1", "BASE_UNSUPPORTED", (i) => void (i.manifest = { schemaVersion: 1 })],
  ["a manifest of schema 3", INVALID, (i) => void (i.manifest.schemaVersion = 3)],
  ["a manifest with manifests as well", INVALID, (i) => void (i.manifest.manifests = [])],
  ["a manifest without layers", INVALID, (i) => void (i.manifest.layers = null)],
  ["a manifest without a config", INVALID, (i) => void (i.manifest.config = null)],
  ["a manifest with Layers and layers", INVALID, (i) => void (i.manifest.Layers = [])],
  [
    "a manifest of 1001 layers",
    INVALID,
    (i) =>
      void (i.manifest.layers = Array.from({ length: 1001 }, () =>
        describeBytes(mediaType.ociLayer, Buffer.alloc(1)),
      )),
  ],
  [
    "a manifest that says it is something else",
    INVALID,
    (i) => void (i.raw.manifest = json({ ...manifestOf(i), mediaType: mediaType.dockerManifest })),
  ],
  [
    "a manifest with bad annotations",
    INVALID,
    (i) => void (i.layers[0]!.descriptor = { annotations: { a: 1 } }),
  ],
  [
    "an artifact",
    "BASE_UNSUPPORTED",
    (i) => void (i.manifest.config = describeBytes("application/vnd.example+json", json({}))),
  ],
  ["an index with layers as well", INVALID, (i) => void (i.index.layers = [])],
  ["an index that says it is a manifest", INVALID, (i) => void (i.index.mediaType = mediaType.ociManifest)],
  ["an index of schema 1", "BASE_UNSUPPORTED", (i) => void (i.index.schemaVersion = 1)],
  ["an index whose manifests are no list", INVALID, (i) => void (i.index.manifests = {})],
  ["an index of null, as Go writes an empty list", "BASE_EMPTY", (i) => void (i.index.manifests = null)],
  ["an index of nothing", "BASE_EMPTY", (i) => void (i.index.manifests = [])],
  ["an index of 5 MiB", INVALID, (i) => void (i.index.padding = "x".repeat(5 << 20))],
  [
    "an index with a bad platform",
    INVALID,
    (i) =>
      void (i.index.manifests = [{ ...describeBytes(mediaType.ociManifest, json({})), platform: { os: 1 } }]),
  ],
  ["no index.json", INVALID, (i) => void (i.files = (files: Files) => void files.delete("index.json"))],
  ["a layout of version 2", INVALID, (i) => void (i.layout.imageLayoutVersion = "2.0.0")],
  ["a layout without a version", INVALID, (i) => void (i.layout = {})],
  ["a layout file that is huge", INVALID, (i) => void (i.raw.layout = Buffer.alloc(5000, 0x20))],
  [
    "no oci-layout",
    "BASE_KIND_WRONG",
    (i) => void (i.files = (files: Files) => void files.delete("oci-layout")),
  ],
  [
    "a manifest whose content is another",
    "BASE_DAMAGED",
    (i) =>
      void (i.files = (files: Files) => {
        const path = manifestPath(files);
        files.set(
          path,
          Buffer.from(Buffer.from(files.get(path)!).toString().replace('"config"', '"confiG"')),
        );
      }),
  ],
  [
    "a manifest that is cut short",
    INVALID,
    (i) =>
      void (i.files = (files: Files) =>
        void files.set(manifestPath(files), files.get(manifestPath(files))!.subarray(1))),
  ],
  [
    "a layer whose content is another",
    "BASE_DAMAGED",
    (i) =>
      void (i.files = (files: Files) => {
        const path = `blobs/sha256/${digestOf(i.layers[0]!.bytes).slice(7)}`;
        files.set(path, Buffer.from(layerTar("first", "FIRST")));
      }),
  ],
];

describe("an OCI layout that is wrong", () => {
  it.each(layouts)("by %s is refused with %s", async (_, code, change) => {
    const image = draft();
    change(image);
    const files = layoutFiles(image);
    for (const path of [asFolder(files), asTar(files)]) {
      await expect(readBase({ kind: "layout", path })).rejects.toMatchObject({ code });
    }
  });

  it.each([
    ["link", (path: string): void => symlinkSync("/etc/hostname", path)],
    ["folder", (path: string): void => mkdirSync(path)],
    ["pipe", (path: string): void => void spawnSync("mkfifo", [path])],
  ] as const)("by a blob that is a %s is refused", async (_, make) => {
    for (const which of ["layer", "manifest", "index"]) {
      const image = draft();
      const files = layoutFiles(image);
      const folder = asFolder(files);
      const layer = `blobs/sha256/${digestOf(image.layers[0]!.bytes).slice(7)}`;
      const path = join(
        folder,
        which === "index" ? "index.json" : which === "layer" ? layer : manifestPath(files),
      );
      rmSync(path);
      make(path);
      await expect(readBase({ kind: "layout", path: folder })).rejects.toMatchObject({ code: INVALID });
    }
  });

  it("by indexes one in another for ever is refused", async () => {
    const image = draft();
    image.files = (files) => {
      let inner = (JSON.parse(Buffer.from(files.get("index.json")!).toString()) as Json).manifests[0];
      for (let depth = 0; depth < 6; depth++) {
        inner = addBlob(files, mediaType.ociIndex, json({ schemaVersion: 2, manifests: [inner] }));
      }
      files.set("index.json", json({ schemaVersion: 2, manifests: [inner] }));
    };
    await expect(readBase({ kind: "layout", path: asFolder(layoutFiles(image)) })).rejects.toMatchObject({
      code: INVALID,
    });
  });
});

type ArchiveCase = readonly [name: string, code: string, change: (files: Files, list: Json) => void];

const archives: readonly ArchiveCase[] = [
  ["no manifest.json", "BASE_KIND_WRONG", (files) => void files.delete("manifest.json")],
  [
    "an OCI layout alone",
    "BASE_KIND_WRONG",
    (files) => {
      files.delete("manifest.json");
      files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
    },
  ],
  ["a manifest.json of null", INVALID, (files) => void files.set("manifest.json", Buffer.from("null"))],
  [
    "a manifest.json that is an object",
    INVALID,
    (files) => void files.set("manifest.json", Buffer.from("{}")),
  ],
  [
    "a manifest.json that is cut short",
    INVALID,
    (files) => void files.set("manifest.json", Buffer.from("[{")),
  ],
  ["a manifest.json of more than 1 MiB", INVALID, (_, list) => void (list[0].padding = "x".repeat(1 << 20))],
  ["an empty manifest.json", "BASE_EMPTY", (_, list) => void list.pop()],
  ["an image of null", INVALID, (_, list) => void (list[0] = null)],
  ["no Config", INVALID, (_, list) => void delete list[0].Config],
  ["a Config that leads out", INVALID, (_, list) => void (list[0].Config = "../../etc/passwd")],
  ["an absolute Config", INVALID, (_, list) => void (list[0].Config = "/etc/passwd")],
  ["a Config that is missing", INVALID, (_, list) => void (list[0].Config = "missing.json")],
  ["a layer that leads out", INVALID, (_, list) => void (list[0].Layers[0] = "a/../../etc/passwd")],
  ["a layer with a backslash", INVALID, (_, list) => void (list[0].Layers[0] = "..\\x")],
  ["a layer that is missing", INVALID, (_, list) => void (list[0].Layers[0] = "missing/layer.tar")],
  ["a layer left out", INVALID, (_, list) => void list[0].Layers.pop()],
  ["Layers that are null", INVALID, (_, list) => void (list[0].Layers = null)],
  ["Layers that are text", INVALID, (_, list) => void (list[0].Layers = "layer.tar")],
  ["Layers and layers", INVALID, (_, list) => void (list[0].layers = [])],
  ["RepoTags that are text", INVALID, (_, list) => void (list[0].RepoTags = "app:v1")],
  ["layers in the wrong order", "any", (_, list) => void list[0].Layers.reverse()],
];

describe("a docker archive that is wrong", () => {
  it.each(archives)("by %s is refused with %s", async (_, code, change) => {
    const files = archiveFiles([{ image: draft(), tags: ["example.com/app:v1"] }]);
    const list = JSON.parse(Buffer.from(files.get("manifest.json")!).toString()) as Json;
    const before = files.get("manifest.json");
    change(files, list);
    if (files.get("manifest.json") === before) files.set("manifest.json", json(list));
    const expected = code === "any" ? /^BASE_/ : code;
    await expect(readBase({ kind: "archive", path: asTar(files) })).rejects.toMatchObject({
      code: typeof expected === "string" ? expected : expect.stringMatching(expected),
    });
  });

  it("by links that lead round in a circle, or out, is refused", async () => {
    const link = (path: string, target: string) => ({
      entry: {
        type: "symlink",
        path,
        mode: 0o777,
        uid: 0,
        gid: 0,
        size: 0,
        mtime: 0,
        linkname: target,
      } as const,
    });
    const { itemsOf, tarOf } = await import("./image-fixture.js");
    const { tempFolder } = await import("./temp-folder.js");
    for (const links of [
      [link("x/layer.tar", "../y/layer.tar"), link("y/layer.tar", "../x/layer.tar")],
      [link("x/layer.tar", "../../etc/hostname")],
    ]) {
      const files = archiveFiles([{ image: draft(), tags: null }]);
      const list = JSON.parse(Buffer.from(files.get("manifest.json")!).toString()) as Json;
      list[0].Layers[0] = "x/layer.tar";
      files.set("manifest.json", json(list));
      const path = join(tempFolder(), "image.tar");
      writeFileSync(path, tarOf([...itemsOf(files), ...links]));
      await expect(readBase({ kind: "archive", path })).rejects.toMatchObject({ code: INVALID });
    }
  });

  it.each([
    ["cut short in a header", (tar: Buffer) => tar.subarray(0, 700)],
    ["cut short in a content", (tar: Buffer) => tar.subarray(0, tar.length - 3000)],
    ["followed by something", (tar: Buffer) => Buffer.concat([tar, Buffer.alloc(512, 1)])],
    ["damaged in a header", (tar: Buffer) => Buffer.concat([Buffer.from("X"), tar.subarray(1)])],
    ["a cut gzip", (tar: Buffer) => gzipSync(tar).subarray(0, -20)],
    ["a gzip with something after it", (tar: Buffer) => Buffer.concat([gzipSync(tar), Buffer.from("x")])],
  ] as const)("because its tar is %s is refused", async (_, change) => {
    const path = asTar(archiveFiles([{ image: draft(), tags: null }]), change);
    await expect(readBase({ kind: "archive", path })).rejects.toMatchObject({
      code: expect.stringMatching(/^(TAR_DAMAGED|COMPRESSION_DAMAGED)$/),
    });
  });

  it("because it is compressed with something that cannot be read is refused", async () => {
    for (const head of ["fd377a585a00", "425a6839"]) {
      const path = asTar(new Map(), () => Buffer.from(`${head}0000000000000000`, "hex"));
      await expect(readBase({ kind: "archive", path })).rejects.toMatchObject({ code: "BASE_UNSUPPORTED" });
    }
  });
});

describe("a base that is not there", () => {
  it.each(["layout", "archive", "rootfs"] as const)("is said so (%s)", async (kind) => {
    await expect(readBase({ kind, path: "/nowhere/at/all" })).rejects.toMatchObject({
      code: "BASE_NOT_FOUND",
      subject: "/nowhere/at/all",
    });
  });
});
