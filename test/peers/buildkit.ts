import { writeFileSync } from "node:fs";
import { type BuildRequest, contextSeenByPeer, outputSeenByPeer, sharedOptions } from "./build-request.js";
import { type Peer, seenByPeer } from "./peers.js";
import { runInPeer } from "./run.js";

/** The client of BuildKit itself: the docker command asks it for its metadata before each call. */
export const BUILDX = "/usr/libexec/docker/cli-plugins/docker-buildx";

/**
 * Builds with the BuildKit inside the peer's Docker engine. The engines run
 * with the containerd image store, so the archive holds the very layers and
 * config that BuildKit made, not what `docker save` makes of them.
 */
export async function buildWithBuildKit(peer: Peer, request: BuildRequest): Promise<void> {
  const network = request.network ?? "none";
  await runInPeer(peer, [
    BUILDX,
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

/**
 * Builds many images in one call, which saves the start of a client for each. When one cannot be built, none may be:
 * the caller then builds them one by one to see which. `bakeFile` is written.
 */
export async function bakeWithBuildKit(
  peer: Peer,
  requests: readonly BuildRequest[],
  bakeFile: string,
): Promise<void> {
  const targets = requests.map((request, index) => {
    const contexts = Object.entries(request.namedContexts ?? {}).map(([name, value]) => [
      name,
      contextSeenByPeer(peer, value),
    ]);
    const target = {
      context: seenByPeer(peer, request.contextDir),
      dockerfile: seenByPeer(peer, request.dockerfile),
      contexts: Object.fromEntries(contexts),
      network: request.network ?? "none",
      output: [`type=oci,dest=${outputSeenByPeer(peer, request)}`],
    };
    return [`image-${index}`, target] as const;
  });
  const group = { default: { targets: targets.map(([name]) => name) } };
  writeFileSync(bakeFile, JSON.stringify({ group, target: Object.fromEntries(targets) }));
  await runInPeer(peer, [
    // The newer client asks before it reads files outside of its working directory; the older knows no such flag.
    ...["env", "BUILDX_BAKE_ENTITLEMENTS_FS=0"],
    ...[BUILDX, "bake", "--progress=plain", "--provenance=false"],
    ...["-f", seenByPeer(peer, bakeFile)],
  ]);
}

/** Builds without writing an image, and counts the RUN instructions that ran, those of the build cache left out. */
export async function commandsRunByBuildKit(peer: Peer, request: BuildRequest): Promise<number> {
  const words = [BUILDX, "build", "--progress=plain", "--provenance=false", "--network=none"];
  const where = seenByPeer(peer, request.contextDir);
  const command = [...words, ...sharedOptions(peer, request), "--output=type=cacheonly", where];
  // The progress goes to the other stream.
  const said = await runInPeer(peer, ["sh", "-c", 'exec "$@" 2>&1', "sh", ...command]);
  const runs = new Map<string, boolean>();
  for (const line of said.split("\n")) {
    const started = /^#(\d+) \[(?:[^\]]* )?\d+\/\d+\] RUN /.exec(line);
    if (started !== null) runs.set(started[1]!, true);
    const cached = /^#(\d+) CACHED$/.exec(line);
    if (cached !== null && runs.has(cached[1]!)) runs.set(cached[1]!, false);
  }
  return [...runs.values()].filter((ran) => ran).length;
}
