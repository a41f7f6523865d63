import type { RuntimeConfig } from "../oci/image-config.js";
import type { Platform } from "../oci/platform.js";
import type { BaseImage, BaseSource, DiskBaseLocation } from "../ports/base-source.js";
import { openBase } from "../rootfs/base-tree.js";
import { readFileNode } from "../rootfs/read-node.js";
import { resolvePath } from "../rootfs/resolve.js";
import { type FolderNode, type TreeNode, walk } from "../rootfs/tree.js";
import { openFound } from "./observe.js";
import { withWorkspace } from "./workspace.js";

/** Which image on disk, where `found` means a layout or an archive, whichever it is. */
export type LocalBaseLocation =
  | DiskBaseLocation
  | { readonly kind: "found"; readonly path: string; readonly tag?: string };

/** What a child process is asked. */
export interface LocalBaseQuestion {
  readonly location: LocalBaseLocation;
  readonly platform: Platform;
  /** The one file whose bytes are wanted, by its path without a leading slash; else the list of files is. */
  readonly read?: string;
}

/** One file, folder or link of an image, as plain data. */
export interface ListedNode {
  readonly path: string;
  readonly type: TreeNode["type"];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly target?: string;
  /** Extended attributes, as base64 by name. */
  readonly xattrs?: Readonly<Record<string, string>>;
  /** The first name of a file that has several. */
  readonly sameAs?: string;
}

/** An image on disk as plain data. */
export interface ListedBase {
  readonly config: RuntimeConfig;
  readonly layers: readonly { readonly diffId: string; readonly size: number }[];
  readonly root: Pick<ListedNode, "mode" | "uid" | "gid">;
  readonly nodes: readonly ListedNode[];
  /** Files that are read anyway, as base64 by path: the accounts. */
  readonly contents: Readonly<Record<string, string>>;
}

const ACCOUNTS = ["etc/passwd", "etc/group"];

/** Lists an image on disk, or gives the bytes of one of its files as base64. */
export function listLocalBase({ location, platform, read }: LocalBaseQuestion): Promise<ListedBase | string> {
  return withWorkspace({}, async ({ bases, store }) => {
    const image = await openImage(bases, location, platform);
    try {
      const opened = await openBase(image.layers, store);
      try {
        if (read !== undefined) return await contentAt(opened.tree, read);
        const { mode, uid, gid } = opened.tree;
        const contents: Record<string, string> = {};
        for (const path of ACCOUNTS) {
          const { node, path: real } = resolvePath(opened.tree, path);
          if (node?.type === "file") contents[real] = await contentAt(opened.tree, real);
        }
        return {
          config: image.config.config ?? {},
          layers: opened.layers.map(({ index }) => ({ diffId: index.diffId, size: index.size })),
          root: { mode, uid, gid },
          nodes: listNodes(opened.tree),
          contents,
        };
      } finally {
        await opened.close();
      }
    } finally {
      await image.close();
    }
  });
}

async function openImage(
  bases: BaseSource,
  location: LocalBaseLocation,
  platform: Platform,
): Promise<BaseImage> {
  if (location.kind !== "found") return bases.open(location, platform);
  return (await openFound(bases, location.path, location.tag, platform)).image;
}

async function contentAt(tree: FolderNode, path: string): Promise<string> {
  const { node } = resolvePath(tree, path);
  return node?.type === "file" ? Buffer.from(await readFileNode(node)).toString("base64") : "";
}

function listNodes(tree: FolderNode): ListedNode[] {
  const firstNames = new Map<TreeNode, string>();
  const nodes: ListedNode[] = [];
  for (const [path, node] of walk(tree)) {
    const { type, mode, uid, gid } = node;
    const sameAs = firstNames.get(node);
    if (type === "file" && sameAs === undefined) firstNames.set(node, path);
    nodes.push({
      path,
      type,
      mode,
      uid,
      gid,
      ...(node.type === "file" ? { size: node.size } : {}),
      ...(node.type === "symlink" ? { target: node.target } : {}),
      ...(node.xattrs === undefined ? {} : { xattrs: base64Each(node.xattrs) }),
      ...(sameAs === undefined ? {} : { sameAs }),
    });
  }
  return nodes;
}

function base64Each(xattrs: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(xattrs).map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
  );
}
