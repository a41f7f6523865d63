import type { PlatformWish } from "../../oci/choose-image.js";
import type { BaseImage, BaseSource, DiskBaseLocation } from "../../ports/base-source.js";
import { folderFiles, type ImageFiles, indexTarFile, tarFiles } from "./image-files.js";
import { type BaseTools, kindOfPath, openRootfs, openTar } from "./rootfs-base.js";
import { findArchiveImage, findLayoutImage } from "./stored-images.js";

export type { BaseTools } from "./rootfs-base.js";

/**
 * Opens bases that lie on disk: OCI layouts (directory or tar), `docker save` archives, root file systems (directory or
 * tar). Nothing is ever unpacked to the host: of a tar only offsets are read, and one that is compressed as a whole
 * goes into a scratch file of the store first.
 */
export function createDiskBases(tools: BaseTools): BaseSource<DiskBaseLocation> {
  return { open: (base, platform, options) => openBase(base, { platform, ...options }, tools) };
}

async function openBase(base: DiskBaseLocation, wish: PlatformWish, tools: BaseTools): Promise<BaseImage> {
  if (base.kind === "rootfs") return openRootfs(base.path, wish.platform, base.config, tools);
  const { files, close } = await openFiles(base.path, tools);
  try {
    const image =
      base.kind === "layout"
        ? await findLayoutImage(files, base.tag, wish)
        : await findArchiveImage(files, base.tag, wish);
    return { ...image, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFiles(
  path: string,
  tools: BaseTools,
): Promise<{ files: ImageFiles; close(): Promise<void> }> {
  if (kindOfPath(path) === "folder") return { files: folderFiles(path, path), close: async () => {} };
  const tar = await openTar(path, tools);
  try {
    return { files: tarFiles(path, tar.path, indexTarFile(tar.path)), close: () => tar.close() };
  } catch (error) {
    await tar.close();
    throw error;
  }
}
