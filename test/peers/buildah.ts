import { mkdtempSync, readFileSync, rmSync } from "node:fs";
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
 * What a RUN step may use, as options. Left alone, buildah asks for more than
 * this process has, which some machines forbid even to root; and 1.28 cannot
 * go back up once it has lowered its own processes to its own 32768.
 */
function limits(): string[] {
  const table = readFileSync("/proc/self/limits", "utf8");
  return Object.entries({ nofile: "Max open files", nproc: "Max processes" }).flatMap(([option, name]) => {
    const hard = new RegExp(`^${name} +\\S+ +(\\d+)`, "m").exec(table)?.[1];
    const most = Math.min(Number(hard ?? Number.POSITIVE_INFINITY), 32768);
    return [`--ulimit=${option}=${most}:${most}`];
  });
}

/** The build that each store is busy with: one at a time, since an older version loses images of builds beside it. */
const busy = new Map<string, Promise<unknown>>();

/** To tell the images of the shared store apart. */
let builds = 0;

/**
 * Builds with buildah: a second, unrelated reading of the same Dockerfile.
 * `--layers` makes one layer per instruction, as BuildKit does. Its RUN steps see
 * the network whatever is asked for: chroot isolation knows no other way. The archive
 * is of the kind `docker save` writes; `imageListing` reads either kind.
 */
export function buildWithBuildah(peer: Peer, request: BuildRequest): Promise<void> {
  const build = () => buildNow(peer, request);
  const done = (busy.get(peer.name) ?? Promise.resolve()).then(build, build);
  busy.set(peer.name, done);
  return done;
}

async function buildNow(peer: Peer, request: BuildRequest): Promise<void> {
  const store = seenByPeer(peer, storeFor(peer));
  const buildah = ["buildah", `--root=${store}/root`, `--runroot=${store}/run`, "--storage-driver=vfs"];
  const tag = `localhost/layerwright-${++builds}`;
  await runInPeer(peer, [
    ...buildah,
    "build",
    "--isolation=chroot",
    "--layers",
    "--timestamp=0",
    // The config of the OCI format, as buildah writes it, has no HEALTHCHECK or SHELL.
    "--format=docker",
    // It would add a label of its own, which no Dockerfile asked for.
    "--identity-label=false",
    ...limits(),
    ...sharedOptions(peer, request).map((word) => word.replace("=oci-layout://", "=container-image://oci:")),
    `--tag=${tag}`,
    seenByPeer(peer, request.contextDir),
  ]);
  // Not at once with the build: older versions lose an image they have cached.
  const archive = outputSeenByPeer(peer, request);
  await runInPeer(peer, [...buildah, "push", "--quiet", tag, `docker-archive:${archive}`]);
}
