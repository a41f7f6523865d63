import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { TestContext } from "vitest";

/** A real builder that Layerwright is compared with; see `scripts/peers/up`. */
export interface Peer {
  readonly name: PeerName;
  /** Its file tree, or `/` for a builder of the machine itself. */
  readonly root: string;
  /** The socket of its Docker engine, seen from the machine. */
  readonly socket: string | null;
  /** The version of each tool it has; null for one it has not. */
  readonly versions: Readonly<Record<string, string | null>>;
  /** What runs a command inside the tree. */
  readonly enter: string;
}

export type PeerName = "docker26" | "docker28" | "buildah28";

interface PeersFile {
  readonly enter: string;
  readonly peers: Readonly<Record<string, Omit<Peer, "name" | "enter">>>;
  readonly missing: Readonly<Record<string, string>>;
}

function peersFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return process.env.LAYERWRIGHT_PEERS ?? join(cache, "layerwright-peers");
}

/** Whether the engine that wrote a pid file still lives: files outlast processes. */
function engineLives(root: string): boolean {
  try {
    const pid = readFileSync(join(root, "run/docker.pid"), "utf8").trim();
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "dockerd";
  } catch {
    return false;
  }
}

function lookUp(name: PeerName): Peer | string {
  const file = join(peersFolder(), "peers.json");
  if (!existsSync(file)) return `no ${name}: run scripts/peers/up as root`;
  const known = JSON.parse(readFileSync(file, "utf8")) as PeersFile;
  const found = known.peers[name];
  if (found === undefined) return `no ${name}: ${known.missing[name] ?? "scripts/peers/up does not know it"}`;
  if (found.socket !== null && !engineLives(found.root)) {
    return `no ${name}: its engine has stopped; run scripts/peers/up as root`;
  }
  return { ...found, name, enter: known.enter };
}

/**
 * The peer, or the reason to skip a test that needs it. Where peers are
 * promised (CI, or `LAYERWRIGHT_REQUIRE_PEERS=1`) a missing one throws instead:
 * there, a skipped comparison would pass for a made one.
 */
export function peerOrSkipReason(name: PeerName): Peer | string {
  const found = lookUp(name);
  const promised = Boolean(process.env.CI) || process.env.LAYERWRIGHT_REQUIRE_PEERS === "1";
  if (typeof found === "string" && promised) throw new Error(found);
  return found;
}

/** The peer, for the body of a test, which is skipped when there is none. */
export function requirePeer(test: TestContext, name: PeerName): Peer {
  const found = peerOrSkipReason(name);
  return typeof found === "string" ? test.skip(found) : found;
}

/** The command that runs `command` where the peer lives. */
export function inPeer(peer: Peer, command: readonly string[]): readonly [string, ...string[]] {
  const [program = "true", ...rest] = command;
  return peer.root === "/" ? [program, ...rest] : [peer.enter, peer.name, program, ...rest];
}

/** The name under which the peer sees a path of the machine that exists. */
export function seenByPeer(peer: Peer, path: string): string {
  // A symlink on the way would lead into the peer's own tree, so none is left.
  const real = realpathSync(resolve(path));
  return peer.root === "/" ? real : `/host${real}`;
}
