import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** umoci of the machine, or of a peer's tree (scripts/peers/up); and why tests that need it are skipped, where they are. */
export function findUmoci(): { readonly umoci?: string; readonly skip?: string } {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const peers = process.env["LAYERWRIGHT_PEERS"] ?? join(cache, "layerwright-peers");
  const places = [
    ...(process.env["PATH"] ?? "").split(":"),
    join(peers, "docker28/usr/bin"),
    join(peers, "docker26/usr/bin"),
  ];
  const umoci = places
    .map((folder) => join(folder, "umoci"))
    .find((path) => existsSync(path) && spawnSync(path, ["--version"]).status === 0);
  if (umoci === undefined) return { skip: "there is no umoci" };
  return process.getuid?.() === 0
    ? { umoci }
    : { umoci, skip: "umoci makes owners and devices as root only" };
}
