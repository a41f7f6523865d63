import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildRequest, outputSeenByPeer, sharedOptions } from "./build-request.js";
import { type Peer, seenByPeer } from "./peers.js";
import { runInPeer } from "./run.js";

/**
 * One store for all the builds of a test run: made fresh, so nothing of an
 * earlier run is taken for a cached step, and shared, since filling one is most
 * of what a build with buildah costs. It goes with the process.
 */
const stores = new Map<string, string>();

function storeFor(peer: Peer): string {
  const known = stores.get(peer.name);
  if (known !== undefined) return known;
  const made = mkdtempSync(join(tmpdir(), `layerwright-${peer.name}-`));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  stores.set(peer.name, made);
  return made;
}

/**
 * Builds with buildah: a second, unrelated reading of the same Dockerfile.
 * `--layers` makes one layer per instruction, as BuildKit does. Its RUN steps see
 * the network whatever is asked for: chroot isolation knows no other way.
 */
export async function buildWithBuildah(peer: Peer, request: BuildRequest): Promise<void> {
  const store = seenByPeer(peer, storeFor(peer));
  await runInPeer(peer, [
    "buildah",
    `--root=${store}/root`,
    `--runroot=${store}/run`,
    "--storage-driver=vfs",
    "build",
    "--isolation=chroot",
    "--layers",
    "--timestamp=0",
    ...sharedOptions(peer, request).map((word) => word.replace("=oci-layout://", "=container-image://oci:")),
    `--tag=oci-archive:${outputSeenByPeer(peer, request)}`,
    seenByPeer(peer, request.contextDir),
  ]);
}
