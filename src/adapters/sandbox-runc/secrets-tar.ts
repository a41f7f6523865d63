import type { SandboxMount } from "../../ports/sandbox.js";
import { tarBlocks } from "../../tar/tar-blocks.js";
import type { TarItem } from "../../tar/tar-item.js";

/** The secrets of a run as a tar, each under its place among the mounts: it goes through a pipe into memory. */
export function* secretsTar(mounts: readonly SandboxMount[]): Iterable<Uint8Array> {
  const items: TarItem[] = [];
  for (const [index, mount] of mounts.entries()) {
    if (mount.type !== "secret") continue;
    const { bytes, mode, uid, gid } = mount;
    const entry = { type: "file", path: `${index}`, mode, uid, gid, size: bytes.length, mtime: 0 } as const;
    items.push({ entry, content: { kind: "bytes", bytes } });
  }
  // A copy of each block: the pipe may hold it for longer than until the next one.
  for (const block of tarBlocks(items)) yield Buffer.from(block);
}
