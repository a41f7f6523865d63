import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDiskBases } from "../../src/adapters/bases/disk-bases.js";
import { MemoryBlobStore } from "../../src/adapters/store-memory/memory-blob-store.js";
import { decodeLayer } from "../../src/archive/decode.js";
import type { Platform } from "../../src/oci/platform.js";
import type { BaseImage, DiskBaseLocation } from "../../src/ports/base-source.js";
import { bytesOf } from "./blob-store-conformance.js";
import { type Files, itemsOf, tarOf, writeFolder } from "./image-fixture.js";
import { tempFolder } from "./temp-folder.js";

export const amd64: Platform = { os: "linux", architecture: "amd64" };

/** Opens a base with the adapters as a build has them. */
export function openBase(location: DiskBaseLocation, platform: Platform = amd64): Promise<BaseImage> {
  const bases = createDiskBases({
    store: new MemoryBlobStore(),
    decompress: (bytes, archive) => decodeLayer(bytes, { archive }),
  });
  return bases.open(location, platform);
}

/** Opens a base and reads all of it: the digests of its layers' blobs and its config. */
export async function readBase(location: DiskBaseLocation, platform?: Platform) {
  const image = await openBase(location, platform);
  try {
    const blobs: Buffer[] = [];
    const plains: (Buffer | undefined)[] = [];
    for (const layer of image.layers) {
      blobs.push(await bytesOf(layer.blob()));
      const { plain, descriptor } = layer;
      plains.push(plain && readFileSync(plain.path).subarray(plain.offset, plain.offset + descriptor.size));
    }
    return { config: image.config, layers: image.layers, blobs, plains };
  } finally {
    await image.close();
  }
}

/** Writes files as a folder. */
export function asFolder(files: Files): string {
  const folder = tempFolder();
  writeFolder(folder, files);
  return folder;
}

/** Writes files as a tar; `change` has the last word on its bytes. */
export function asTar(files: Files, change: (tar: Buffer) => Uint8Array = (tar) => tar): string {
  const path = join(tempFolder(), "image.tar");
  writeFileSync(path, change(tarOf(itemsOf(files))));
  return path;
}
