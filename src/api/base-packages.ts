import { openBase } from "../layer/open-layer.js";
import { readFileNode } from "../layer/read-node.js";
import { resolvePath } from "../layer/resolve.js";
import type { FileNode, FolderNode } from "../layer/tree-node.js";
import { type PackageList, parseApkInstalled, parseDpkgStatus } from "../lock/package-list.js";
import type { BaseImage } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";

/** The installed packages of an image of Debian or Alpine; undefined where neither keeps a list in it. */
export async function basePackages(image: BaseImage, store: BlobStore): Promise<PackageList | undefined> {
  const { tree, close } = await openBase(image.layers, store);
  try {
    const debian = [...filesAt(tree, "/var/lib/dpkg/status"), ...filesAt(tree, "/var/lib/dpkg/status.d")];
    const alpine = filesAt(tree, "/lib/apk/db/installed");
    if (debian.length + alpine.length === 0) return undefined;
    const packages = new Map<string, string>();
    for (const [files, parse] of [
      [debian, parseDpkgStatus],
      [alpine, parseApkInstalled],
    ] as const) {
      for (const file of files)
        for (const [name, version] of parse(await text(file))) packages.set(name, version);
    }
    return packages;
  } finally {
    await close();
  }
}

/** The file at a path, or the files in the folder there: images without a shell keep one file a package. */
function filesAt(tree: FolderNode, path: string): FileNode[] {
  const { node } = resolvePath(tree, path);
  if (node?.type === "file") return [node];
  if (node?.type !== "folder") return [];
  return [...node.children.values()].flatMap((child) => (child.type === "file" ? [child] : []));
}

/** Larger lists are no lists. */
const LARGEST = 64 << 20;

async function text(file: FileNode): Promise<string> {
  return new TextDecoder().decode(await readFileNode(file, LARGEST));
}
