import { statSync } from "node:fs";
import { join } from "node:path";
import { BaseFiles, type LocalBase, type LocalBases } from "../../engine/described/described-image.js";
import { baseLocation } from "../../engine/stages/open-base.js";
import { withOrigin } from "../../errors/with-origin.js";
import type { Platform } from "../../oci/platform.js";
import type { Plan, PlanBase } from "../../plan/plan.js";
import type { BaseImage, DiskBaseLocation } from "../../ports/base-source.js";
import { openBase } from "../../rootfs/base-tree.js";
import { readFileNode } from "../../rootfs/read-node.js";
import { resolvePath } from "../../rootfs/resolve.js";
import { type FolderNode, walk } from "../../rootfs/tree.js";
import { openFound } from "../observe.js";
import { withWorkspace } from "../workspace.js";

/** An image on disk, where `found` means a layout or an archive, whichever it is. */
type LocalBaseLocation =
  | DiskBaseLocation
  | { readonly kind: "found"; readonly path: string; readonly tag?: string };

/**
 * The bases of a plan that are on disk, each read once for as long as it stays the same file. Nothing is fetched.
 *
 * @param directory where relative paths of bases start, absolute
 */
export async function localBases({ stages, platform }: Plan, directory: string): Promise<LocalBases> {
  const bases = new Map<PlanBase, LocalBase>();
  for (const { base, origin } of stages) {
    if (base.kind === "scratch" || base.kind === "stage" || base.kind === "registry") continue;
    const location = baseLocation(base, directory) as DiskBaseLocation;
    bases.set(base, await withOrigin(origin, () => openLocal(location, platform)));
  }
  return { open: (base) => bases.get(base) };
}

const opened = new Map<string, Promise<LocalBase>>();

/** Looks into an image on disk. Nothing of it stays open: the bytes of a file are read when somebody asks for them. */
export function openLocal(location: LocalBaseLocation, platform: Platform): Promise<LocalBase> {
  const stamp = stampOf(location.path);
  if (stamp === undefined) return readLocal(location, platform);
  const key = JSON.stringify([location, platform, stamp]);
  const known = opened.get(key);
  if (known !== undefined) return known;
  const base = readLocal(location, platform);
  opened.set(key, base);
  base.catch(() => opened.delete(key));
  return base;
}

/** The text that tells one state of an image on disk from another; undefined for a root file system in a directory. */
function stampOf(path: string): string | undefined {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  const own = statSync(path, options);
  const stat = own?.isDirectory() ? statSync(join(path, "index.json"), options) : own;
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
}

function readLocal(location: LocalBaseLocation, platform: Platform): Promise<LocalBase> {
  return withLocal(location, platform, async (tree, image, layers) => {
    const files = new BaseFiles((path) => withLocal(location, platform, (again) => contentAt(again, path)));
    for (const [path, node] of walk(tree))
      if (node.type === "file") Object.assign(node, { content: files.contentOf(path) });
    return { tree, config: image.config.config ?? {}, layers };
  });
}

async function contentAt(tree: FolderNode, path: string): Promise<Uint8Array> {
  const { node } = resolvePath(tree, path);
  return node?.type === "file" ? readFileNode(node) : new Uint8Array(0);
}

/** Opens an image on disk for as long as it is used. */
function withLocal<Result>(
  location: LocalBaseLocation,
  platform: Platform,
  use: (tree: FolderNode, image: BaseImage, layers: LocalBase["layers"]) => Promise<Result>,
): Promise<Result> {
  return withWorkspace({}, async ({ bases, store }) => {
    const image =
      location.kind === "found"
        ? (await openFound(bases, location.path, location.tag, platform)).image
        : await bases.open(location, platform);
    try {
      const { tree, layers, close } = await openBase(image.layers, store);
      try {
        const sizes = layers.map(({ index }) => ({ diffId: index.diffId, size: index.size }));
        return await use(tree, image, sizes);
      } finally {
        await close();
      }
    } finally {
      await image.close();
    }
  });
}
