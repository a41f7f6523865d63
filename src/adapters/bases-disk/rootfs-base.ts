import { createHash } from "node:crypto";
import { tarBlocks } from "../../archive/tar-blocks.js";
import { TarParser } from "../../archive/tar-parser.js";
import type { Digest } from "../../oci/digest.js";
import type { ImageConfig, RuntimeConfig } from "../../oci/image-config.js";
import { mediaType } from "../../oci/media-type.js";
import type { Platform } from "../../oci/platform.js";
import { layerAt } from "./base-layers.js";
import { streamRange } from "./host-range.js";
import { invalid } from "./image-files.js";
import { recallTar, rememberTar, stampOf } from "./known-tar.js";
import type { FoundImage } from "./layout-base.js";
import { type BaseTools, kindOfPath, openTar, type PlainFile } from "./open-tar.js";
import { listRootfs } from "./rootfs-folder.js";
import { writeScratch } from "./write-scratch.js";

/** A root file system as an image of one layer. A tar is the layer as it is; a folder is packed into one. */
export async function openRootfs(
  base: string,
  platform: Platform,
  config: RuntimeConfig | undefined,
  tools: BaseTools,
): Promise<FoundImage & { close(): Promise<void> }> {
  const folder = kindOfPath(base) === "folder";
  const file = folder ? await packFolder(base, tools) : await openTar(base, tools);
  try {
    const diffId =
      folder || file.path !== base ? await readThrough(base, file) : await digestOf(base, file, tools);
    const range = { path: file.path, offset: 0, size: file.size };
    const descriptor = { mediaType: mediaType.ociLayer, digest: diffId, size: file.size };
    const layer = layerAt(base, descriptor, diffId, range);
    return { config: configOf(platform, config, diffId), layers: [layer], close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function packFolder(base: string, tools: BaseTools): Promise<PlainFile> {
  const scratch = await tools.store.scratchFile();
  try {
    const size = await writeScratch(scratch.path, tarBlocks(await listRootfs(base)));
    return { path: scratch.path, size, close: () => scratch.dispose() };
  } catch (error) {
    await scratch.dispose();
    throw error;
  }
}

/** The digest of a plain tar that lies on disk: read once, and again when the file is another one. */
async function digestOf(base: string, file: PlainFile, { store }: BaseTools): Promise<Digest> {
  const known = await recallTar(base, store);
  if (known !== undefined) return known;
  const stamp = stampOf(base);
  const digest = await readThrough(base, file);
  await rememberTar(base, digest, stamp, store);
  return digest;
}

/** Reads a tar once: its digest, and whether it can be the one layer of an image. */
async function readThrough(base: string, file: PlainFile): Promise<Digest> {
  const hash = createHash("sha256");
  const parser = new TarParser(
    {
      entry({ path }) {
        if (!/(?:^|\/)\.wh\./.test(path)) return;
        const reason = "has a name that layers use to say that a file is removed";
        throw invalid(base, `the entry ${JSON.stringify(path)}`, reason);
      },
    },
    base,
  );
  for await (const chunk of streamRange(
    { path: file.path, offset: 0, size: file.size },
    { transient: true },
  )) {
    hash.update(chunk);
    parser.feed(chunk);
  }
  parser.end();
  return `sha256:${hash.digest("hex")}`;
}

function configOf(platform: Platform, config: RuntimeConfig | undefined, diffId: Digest): ImageConfig {
  const { os, architecture, variant } = platform;
  return {
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    ...(config === undefined ? {} : { config }),
    rootfs: { type: "layers", diff_ids: [diffId] },
  };
}
