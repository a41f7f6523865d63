import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Peer, seenByPeer } from "./peers.js";
import { runInPeer } from "./run.js";

/** A file on the disk, as an independent unpacker left it there. */
export interface UnpackedFile {
  readonly type: "file" | "dir" | "symlink" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sha256: string;
  readonly linkname: string;
}

function unpackedFile(path: string): UnpackedFile {
  const stat = lstatSync(path);
  const type = stat.isFile()
    ? "file"
    : stat.isDirectory()
      ? "dir"
      : stat.isSymbolicLink()
        ? "symlink"
        : "other";
  return {
    type,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    sha256: type === "file" ? createHash("sha256").update(readFileSync(path)).digest("hex") : "",
    linkname: type === "symlink" ? readlinkSync(path) : "",
  };
}

/**
 * The tree that `umoci unpack` makes of an image in an OCI layout folder: the
 * referee's own merging of layers is checked against it, and so is ours. Root
 * only, since it sets owners.
 */
export async function oracleRootfs(
  peer: Peer,
  layout: string,
  tag: string,
): Promise<Map<string, UnpackedFile>> {
  const folder = mkdtempSync(join(tmpdir(), "layerwright-umoci-"));
  try {
    const bundle = `${seenByPeer(peer, folder)}/bundle`;
    await runInPeer(peer, ["umoci", "unpack", "--image", `${seenByPeer(peer, layout)}:${tag}`, bundle]);
    const root = join(folder, "bundle/rootfs");
    const tree = new Map<string, UnpackedFile>();
    const walk = (path: string): void => {
      const file = unpackedFile(join(root, path));
      tree.set(path, file);
      if (file.type !== "dir") return;
      for (const name of readdirSync(join(root, path))) walk(path === "" ? name : `${path}/${name}`);
    };
    walk("");
    return tree;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
