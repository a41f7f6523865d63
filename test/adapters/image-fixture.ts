import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { tarBlocks } from "../../src/archive/tar-blocks.js";
import type { TarItem } from "../../src/archive/tar-entry.js";
import { type Digest, digestOf } from "../../src/oci/digest.js";
import { mediaType } from "../../src/oci/manifest.js";

/** Files of an image by their path in it. */
export type Files = Map<string, Uint8Array>;

/** A JSON object that tests change before it is written. */
// biome-ignore lint/suspicious/noExplicitAny: tests put anything anywhere in these documents
export type Json = any;

/** The bytes of a tar. */
export function tarOf(items: readonly TarItem[]): Buffer {
  return Buffer.concat(Array.from(tarBlocks(items), (block) => Buffer.from(block)));
}

/** A layer of one small file, as a plain tar. */
export function layerTar(name: string, text = name): Buffer {
  const bytes = Buffer.from(text);
  const entry = {
    type: "file",
    path: name,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    mtime: 0,
  } as const;
  return tarOf([{ entry, content: { kind: "bytes", bytes } }]);
}

/** The parts of an image; tests change them and then `seal` them. */
export interface Draft {
  /** Blobs that are layers, as stored. */
  layers: { bytes: Uint8Array; mediaType: string; diffId: Digest; descriptor?: Json }[];
  config: Json;
  manifest: Json;
  index: Json;
  layout: Json;
  /** The last word on the files. */
  files?: (files: Files) => void;
  /** Bytes instead of the JSON of a document. */
  raw: { config?: Uint8Array; manifest?: Uint8Array; index?: Uint8Array; layout?: Uint8Array };
}

/** A good image of two layers, the second one compressed. */
export function draft(): Draft {
  const plain = layerTar("first");
  const second = layerTar("second");
  return {
    layers: [
      { bytes: plain, mediaType: mediaType.ociLayer, diffId: digestOf(plain) },
      { bytes: gzipSync(second), mediaType: mediaType.ociLayerGzip, diffId: digestOf(second) },
    ],
    config: {
      architecture: "amd64",
      os: "linux",
      config: { Env: ["PATH=/bin"], Labels: { a: "b" } },
      rootfs: { type: "layers", diff_ids: [digestOf(plain), digestOf(second)] },
      history: [{ created_by: "one" }, { created_by: "empty", empty_layer: true }, { created_by: "two" }],
    },
    manifest: { schemaVersion: 2, mediaType: mediaType.ociManifest },
    index: { schemaVersion: 2 },
    layout: { imageLayoutVersion: "1.0.0" },
    raw: {},
  };
}

/** A descriptor of bytes. */
export function describeBytes(type: string, bytes: Uint8Array): Json {
  return { mediaType: type, digest: digestOf(bytes), size: bytes.length };
}

/** Adds a blob and gives its descriptor. */
export function addBlob(files: Files, type: string, bytes: Uint8Array): Json {
  const descriptor = describeBytes(type, bytes);
  files.set(`blobs/sha256/${descriptor.digest.slice(7)}`, bytes);
  return descriptor;
}

/** JSON as bytes. */
export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Adds an image's blobs and gives the descriptor of its manifest. */
export function addImage(files: Files, image: Draft): Json {
  const layers = image.layers.map((layer) => ({
    ...addBlob(files, layer.mediaType, layer.bytes),
    ...layer.descriptor,
  }));
  const config = addBlob(files, mediaType.ociConfig, image.raw.config ?? json(image.config));
  const manifest = image.raw.manifest ?? json({ config, layers, ...image.manifest });
  return addBlob(files, image.manifest?.mediaType ?? mediaType.ociManifest, manifest);
}

/** The files of an OCI layout of an image. */
export function layoutFiles(image: Draft): Files {
  const files: Files = new Map();
  const manifest = addImage(files, image);
  files.set("oci-layout", image.raw.layout ?? json(image.layout));
  files.set("index.json", image.raw.index ?? json({ manifests: [manifest], ...image.index }));
  image.files?.(files);
  return files;
}

/** Writes files into a folder. */
export function writeFolder(folder: string, files: Files): void {
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}

/** The entries of a tar of files. */
export function itemsOf(files: Files): TarItem[] {
  return Array.from(files, ([path, bytes]) => ({
    entry: { type: "file", path, mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime: 0 },
    content: { kind: "bytes", bytes },
  }));
}

/** The files of a `docker save` archive of images. */
export function archiveFiles(
  images: readonly { image: Draft; tags: Json; config?: string; layers?: string[] }[],
): Files {
  const files: Files = new Map();
  const list = images.map(({ image, tags, config, layers }, at) => {
    const configName = config ?? `${digestOf(json(image.config)).slice(7)}.json`;
    files.set(configName, image.raw.config ?? json(image.config));
    const names = image.layers.map((layer, index) => {
      const name = layers?.[index] ?? `${at}${index}${"0".repeat(62)}/layer.tar`;
      files.set(name, layer.bytes);
      return name;
    });
    return { Config: configName, RepoTags: tags, Layers: names };
  });
  files.set("manifest.json", json(list));
  return files;
}
