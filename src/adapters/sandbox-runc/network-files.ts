import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOSTNAME } from "./runtime-config.js";

/** Writes the files that tell a command where names come from; they are bound in, and never part of a layer. */
export function writeNetworkFiles(folder: string, network: "none" | "host"): void {
  let servers = "";
  try {
    if (network === "host") servers = readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    // A machine without it has no names to look up either.
  }
  const hosts = `127.0.0.1\tlocalhost ${HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const texts = { "resolv.conf": servers, hosts };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), text);
    // Whatever the umask is: a command may be any user.
    chmodSync(join(folder, name), 0o644);
  }
}
