import { join } from "node:path";
import { isHeld } from "../store-dir/owned-lock.js";
import { lookAt } from "../store-dir/plain-file.js";
import { namesIn } from "../store-dir/store-folder.js";
import { cacheLock } from "./cache-folders.js";
import { hasMounts } from "./has-mounts.js";
import { asRoot, findHostTools } from "./host-tools.js";
import { USED } from "./root-folders.js";
import { runProgram } from "./run-program.js";

/** A folder that run steps left for later builds: an unpacked base, or a cache that commands mount. */
export interface KeptFolder {
  readonly kind: "root" | "cache";
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  /** When it was last used, in milliseconds since the epoch. */
  readonly usedAt: number;
}

/** Lists the folders that are kept beside the store's blobs, the most recently used first. */
export async function listKept(store: string): Promise<KeptFolder[]> {
  const roots = namesIn(join(store, "roots", "kept"))
    .filter((name) => !name.endsWith(USED))
    .map((name) => ({ kind: "root" as const, path: join(store, "roots", "kept", name) }));
  const caches = namesIn(join(store, "caches")).map((name) => ({
    kind: "cache" as const,
    path: join(store, "caches", name),
  }));
  const kept: KeptFolder[] = [];
  for (const folder of [...roots, ...caches])
    kept.push({ ...folder, size: await sizeOf(folder.path), usedAt: usedAt(folder.path, folder.kind) });
  return kept.sort((left, right) => right.usedAt - left.usedAt);
}

/** Removes kept folders that nobody uses now. False where one is in use, or cannot be removed. */
export async function removeKept({ path, kind }: KeptFolder): Promise<boolean> {
  const { tools } = findHostTools();
  if (tools === undefined || hasMounts(path)) return false;
  if (kind === "cache" && isHeld(cacheLock(path))) return false;
  const { code } = await runProgram([...asRoot(tools), "rm", "-rf", "--", path, path + USED]);
  return code === 0;
}

function usedAt(path: string, kind: KeptFolder["kind"]): number {
  const mark = kind === "root" ? path + USED : path;
  return (lookAt(mark) ?? lookAt(path))?.mtimeMs ?? 0;
}

async function sizeOf(path: string): Promise<number> {
  const { tools } = findHostTools();
  if (tools === undefined) return 0;
  let said = "";
  const sink = (chunk: Uint8Array) => {
    said += Buffer.from(chunk).toString("latin1");
  };
  await runProgram([...asRoot(tools), "du", "-sk", path], { sink });
  return Number.parseInt(said, 10) * 1024 || 0;
}
