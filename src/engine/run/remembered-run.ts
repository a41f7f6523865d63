import type { LayerIndex } from "../../archive/layer-index.js";
import { type LayerBytes, openLayer } from "../../archive/open-layer.js";
import { isCount, isText, listOf, objectOf } from "../../core/json.js";
import { type Digest, isDigest } from "../../oci/digest.js";
import { mediaType } from "../../oci/manifest.js";
import type { Layer } from "../../plan/plan.js";
import type { BaseLayer } from "../../ports/base-source.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { RootChanges } from "../../ports/sandbox.js";
import { identify } from "../../rootfs/layer-items.js";
import { type FolderNode, type TreeNode, walk } from "../../rootfs/tree.js";

/** The changes of a command, kept in the store as the tar that the sandbox gave. */
export interface KeptChanges {
  readonly digest: Digest;
  readonly index: LayerIndex;
  readonly bytes: LayerBytes;
  /** Paths that it removed, where the tar does not say so. */
  readonly gone?: readonly string[] | undefined;
  /** Paths that the command touched and left as they were, where that was found out before. */
  readonly unchanged?: readonly string[] | undefined;
  close(): Promise<void>;
}

const KIND = "run-1";

/** The changes that a command of this key made when it ran last; undefined when it has to run. */
export async function recallChanges(key: string, store: BlobStore): Promise<KeptChanges | undefined> {
  const record = await store.getRecord(KIND, key);
  if (!isKept(record)) return undefined;
  const { digest, size, present, gone, unchanged } = record;
  // A record of earlier versions, which says what is there and so holds for one root file system alone.
  if (present !== undefined || (await store.stat(digest)) !== size) return undefined;
  const kept = await openChanges(digest, size, gone, store);
  return unchanged === undefined ? kept : { ...kept, unchanged };
}

interface KeptRecord {
  readonly digest: Digest;
  readonly size: number;
  readonly present?: unknown;
  readonly gone?: readonly string[];
  readonly unchanged?: readonly string[];
}

const SHAPE = objectOf(
  { digest: isDigest, size: isCount },
  { gone: listOf(isText), unchanged: listOf(isText) },
);

function isKept(value: unknown): value is KeptRecord {
  return SHAPE(value);
}

/** Puts the tar of what a command changed in a tree into the store. */
export async function keepChanges(
  { read, present }: Pick<RootChanges, "read" | "present">,
  before: FolderNode,
  store: BlobStore,
): Promise<KeptChanges> {
  const writer = await store.writer();
  try {
    await read((chunk) => writer.write(chunk));
    const { digest, size } = await writer.commit();
    const paths = present === undefined ? [] : Array.from(walk(before), ([path]) => path);
    const gone = present && paths.filter((path) => !present.has(path));
    return await openChanges(digest, size, gone, store);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Remembers what a command of this key changed. */
export async function rememberChanges(
  key: string,
  changes: KeptChanges,
  unchanged: readonly string[],
  store: BlobStore,
): Promise<void> {
  const { digest, index, gone } = changes;
  await store.putRecord(KIND, key, {
    digest,
    size: index.size,
    unchanged,
    ...(gone === undefined ? {} : { gone }),
  });
}

async function openChanges(
  digest: Digest,
  size: number,
  gone: readonly string[] | undefined,
  store: BlobStore,
): Promise<KeptChanges> {
  const layer: BaseLayer = {
    diffId: digest,
    descriptor: { mediaType: mediaType.ociLayer, digest, size },
    encoding: "none",
    blob: () => store.read(digest, { size }),
  };
  const { index, bytes, close } = await openLayer(layer, store, { spool: true });
  identify(bytes, digest);
  return { digest, index, bytes, gone, close };
}

const FREED_KIND = "freed-1";

/** Bytes of files that a layer had and a command of the layer removed: what was in the layers below does not count. */
export function freedBytes(before: FolderNode, after: FolderNode, lower: FolderNode): number {
  const seen = new Set<TreeNode>();
  const count = (node: TreeNode, now: TreeNode | undefined, below: TreeNode | undefined): number => {
    if (node === now || node === below) return 0;
    if (node.type === "folder") {
      const names = now?.type === "folder" ? now.children : undefined;
      const under = below?.type === "folder" ? below.children : undefined;
      let sum = 0;
      for (const [name, child] of node.children) sum += count(child, names?.get(name), under?.get(name));
      return sum;
    }
    if (now !== undefined || node.type !== "file" || seen.has(node)) return 0;
    seen.add(node);
    return node.size;
  };
  return count(before, after, lower);
}

/** Keeps how many bytes an operation of a layer freed, for those who explain the plan. */
export async function keepFreedBytes(
  layer: Layer,
  at: number,
  bytes: number,
  store: Pick<BlobStore, "putRecord">,
): Promise<void> {
  await store.putRecord(FREED_KIND, `${layer.id} ${at}`, bytes);
}

/** The bytes that an operation of a layer freed when it was built last; undefined where it was not built. */
export async function recallFreedBytes(
  layer: Layer,
  at: number,
  store: Pick<BlobStore, "getRecord">,
): Promise<number | undefined> {
  const bytes = await store.getRecord(FREED_KIND, `${layer.id} ${at}`);
  return typeof bytes === "number" ? bytes : undefined;
}
