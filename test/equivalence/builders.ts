import { createHash } from "node:crypto";
import type { BuildRequest } from "../peers/build-request.js";
import { buildWithBuildah } from "../peers/buildah.js";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { type Peer, type PeerName, peerOrSkipReason } from "../peers/peers.js";

/** One builder with the dialect that it is given. */
export interface Builder {
  readonly name: string;
  readonly peer: PeerName;
  readonly dialect: "buildkit" | "classic";
  readonly build: (peer: Peer, request: BuildRequest) => Promise<void>;
  /** Why a Dockerfile of its dialect is not for it, if so. */
  readonly refuses?: (dockerfile: string) => string | undefined;
}

/** Buildah makes no folder for a WORKDIR in a stage from scratch; that is why there is a classic dialect. */
function needsWorkdirFolders(dockerfile: string): string | undefined {
  const makesFolders =
    /^FROM scratch AS directories$/m.test(dockerfile) || /^WORKDIR (?!\/$)/m.test(dockerfile);
  return makesFolders ? "WORKDIR makes no folder in buildah: the classic dialect is for it" : undefined;
}

/** Buildah writes the new name into a header of the kind that the old name had, which holds ASCII only. */
function renamesBeyondAscii(dockerfile: string): string | undefined {
  const renames = /^COPY [^\n]*[^\x00-\x7f"][^"\n/]*"\]$/m.test(dockerfile);
  return renames ? "buildah cannot copy a file to a name beyond ASCII" : undefined;
}

export const builders: readonly Builder[] = [
  { name: "docker 26", peer: "docker26", dialect: "buildkit", build: buildWithBuildKit },
  { name: "docker 28", peer: "docker28", dialect: "buildkit", build: buildWithBuildKit },
  {
    name: "buildah 1.43",
    peer: "docker28",
    dialect: "buildkit",
    build: buildWithBuildah,
    refuses: (dockerfile) => needsWorkdirFolders(dockerfile) ?? renamesBeyondAscii(dockerfile),
  },
  {
    name: "buildah 1.43 classic",
    peer: "docker28",
    dialect: "classic",
    build: buildWithBuildah,
    refuses: renamesBeyondAscii,
  },
  {
    name: "buildah 1.39 classic",
    peer: "docker26",
    dialect: "classic",
    build: buildWithBuildah,
    refuses: renamesBeyondAscii,
  },
  {
    name: "buildah 1.28 classic",
    peer: "buildah28",
    dialect: "classic",
    build: buildWithBuildah,
    refuses: renamesBeyondAscii,
  },
];

/** A builder that is here. */
export interface ReadyBuilder extends Builder {
  readonly found: Peer;
}

/** The builders that are here, and why others are not. Where peers are promised, a missing one throws. */
export function readyBuilders(): {
  readonly ready: readonly ReadyBuilder[];
  readonly missing: readonly string[];
} {
  const ready: ReadyBuilder[] = [];
  const missing = new Set<string>();
  for (const builder of builders) {
    const found = peerOrSkipReason(builder.peer);
    if (typeof found === "string") missing.add(found);
    else ready.push({ ...builder, found });
  }
  return { ready, missing: [...missing] };
}

/** Whether every builder gets every case: what the report is made with. */
const EVERY = process.env["LAYERWRIGHT_EVERY_BUILDER"] === "1";

/**
 * The builders of one case. Both BuildKits always; a build with buildah takes a second a line, so a case gets one
 * of its versions, told by its name, unless all are asked for.
 */
export function buildersOf(ready: readonly ReadyBuilder[], name: string): readonly ReadyBuilder[] {
  if (EVERY) return ready;
  const buildahs = ready.filter(({ name: builder }) => builder.startsWith("buildah"));
  const turn = createHash("sha256").update(name).digest().readUInt32BE(0);
  const chosen = buildahs[turn % Math.max(buildahs.length, 1)];
  return ready.filter((builder) => !buildahs.includes(builder) || builder === chosen);
}

/** The builders of a case on another base than its own: the newer BuildKit, or both where every builder is asked for. */
export function buildersOfBase(ready: readonly ReadyBuilder[]): readonly ReadyBuilder[] {
  return ready.filter(({ name }) => name === "docker 28" || (EVERY && name === "docker 26"));
}
