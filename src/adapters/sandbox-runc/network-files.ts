import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RESOLVER } from "./private-network.js";
import { HOSTNAME } from "./runtime-config.js";

/** A command's network: none, the machine's, or one of its own. */
export type NetworkKind = "none" | "host" | "private";

/** Writes the files that tell a command where names come from; they are bound in, and never part of a layer. */
export function writeNetworkFiles(folder: string, network: NetworkKind): void {
  let servers = "";
  try {
    if (network !== "none") servers = readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    // A machine without it has no names to look up either.
  }
  if (network === "private") servers = withResolver(servers);
  const hosts = `127.0.0.1\tlocalhost ${HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const texts = { "resolv.conf": servers, hosts };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), text);
    // Whatever the umask is: a command may be any user.
    chmodSync(join(folder, name), 0o644);
  }
}

/** The machine's search list and options, with the one resolver that a private network reaches. */
function withResolver(text: string): string {
  const kept = text.split("\n").filter((line) => /^\s*(?:search|domain|options)\s/.test(line));
  return [`nameserver ${RESOLVER}`, ...kept, ""].join("\n");
}
