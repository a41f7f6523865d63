import { tarBlocks } from "../../archive/tar-blocks.js";
import type { TarItem } from "../../archive/tar-entry.js";
import type { SandboxMount } from "../../ports/sandbox.js";
import { DEVICES } from "./runtime-config.js";

/**
 * The files that a run must never leave on a disk, as a tar that goes through a pipe into memory: the runtime's config, since a
 * secret may be a variable, and the secrets that are files, each under its place among the mounts. Root's devices come
 * along: they are the command's own, so it may change their modes.
 */
export function* memoryTar(
  config: string,
  mounts: readonly SandboxMount[],
  root: boolean,
): Iterable<Uint8Array> {
  const items = [fileItem("config.json", Buffer.from(config), { mode: 0o600, uid: 0, gid: 0 })];
  for (const [name, devmajor, devminor] of root ? DEVICES : []) {
    const type = "character-device" as const;
    const attributes = { mode: 0o666, uid: 0, gid: 0, size: 0, mtime: 0 };
    items.push({ entry: { type, path: name, devmajor, devminor, ...attributes } });
  }
  for (const [index, mount] of mounts.entries()) {
    if (mount.type !== "secret") continue;
    items.push(fileItem(`${index}`, mount.bytes, mount));
  }
  // A copy of each block: the pipe may hold it for longer than until the next one.
  for (const block of tarBlocks(items)) yield Buffer.from(block);
}

function fileItem(
  path: string,
  bytes: Uint8Array,
  { mode, uid, gid }: { readonly mode: number; readonly uid: number; readonly gid: number },
): TarItem {
  const entry = { type: "file", path, mode, uid, gid, size: bytes.length, mtime: 0 } as const;
  return { entry, content: { kind: "bytes", bytes } };
}
