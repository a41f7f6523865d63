import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Peer, seenByPeer } from "../peers/peers.js";

/** A fresh folder for one test, by both its names; the second removes it. */
export function workFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "layerwright-interop-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Where podman and buildah keep images, so that nothing of the machine's own is touched. */
export function storageOptions(peer: Peer, folder: string): string[] {
  const seen = seenByPeer(peer, folder);
  return [`--root=${seen}/storage`, `--runroot=${seen}/run`, "--storage-driver=vfs"];
}
