import { type BuildRequest, outputSeenByPeer, sharedOptions } from "./build-request.js";
import { type Peer, seenByPeer } from "./peers.js";
import { runInPeer } from "./run.js";

/**
 * Builds with the BuildKit inside the peer's Docker engine. The engines run
 * with the containerd image store, so the archive holds the very layers and
 * config that BuildKit made, not what `docker save` makes of them.
 */
export async function buildWithBuildKit(peer: Peer, request: BuildRequest): Promise<void> {
  const network = request.network ?? "none";
  await runInPeer(peer, [
    "docker",
    "buildx",
    "build",
    "--progress=plain",
    // An attestation would be a second manifest beside the image.
    "--provenance=false",
    `--network=${network}`,
    ...(network === "host" ? ["--allow=network.host"] : []),
    ...sharedOptions(peer, request),
    `--output=type=oci,dest=${outputSeenByPeer(peer, request)}`,
    seenByPeer(peer, request.contextDir),
  ]);
}
