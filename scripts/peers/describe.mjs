// Writes peers.json: describe.mjs FOLDER NAME=ROOT... [NAME!REASON...]
// A peer with its root is there; one with a reason is missing, and says why.
import { execFileSync } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [folder, ...words] = process.argv.slice(2);
const enter = join(dirname(fileURLToPath(import.meta.url)), "enter");
const tools = {
  docker: ["docker", "--version"],
  buildx: ["docker", "buildx", "version"],
  buildah: ["buildah", "--version"],
  skopeo: ["skopeo", "--version"],
  umoci: ["umoci", "--version"],
  podman: ["podman", "--version"],
  runc: ["runc", "--version"],
  // A packaged crane does not know its own version; its package does.
  crane: ["dpkg-query", "-W", "-f", "'${Version}'", "crane"],
};

// All the versions in one entry: eight would take longer than the daemon does.
const versionsIn = (name, root) => {
  const script = Object.entries(tools)
    .map(([tool, command]) => `printf '%s=' ${tool}; ${command.join(" ")} 2>/dev/null | head -n 1; echo`)
    .join("\n");
  const [file, args] = root === "/" ? ["sh", ["-c", script]] : [enter, [name, "sh", "-c", script]];
  const text = execFileSync(file, args, { encoding: "utf8" });
  const found = (tool) => text.match(new RegExp(`^${tool}=.*?(\\d+\\.\\d+[^\\s,]*)`, "m"))?.[1] ?? null;
  return Object.fromEntries(Object.keys(tools).map((tool) => [tool, found(tool)]));
};

const peers = {};
const missing = {};
for (const word of words) {
  const cut = word.search(/[=!]/);
  const name = word.slice(0, cut);
  const rest = word.slice(cut + 1);
  if (word[cut] === "!") {
    missing[name] = rest;
    continue;
  }
  const socket = join(rest, "run/docker.sock");
  const inTree = rest !== "/";
  const versions = versionsIn(name, rest);
  peers[name] = { root: rest, socket: inTree && existsSync(socket) ? socket : null, versions };
}
const target = join(folder, "peers.json");
writeFileSync(`${target}.new`, `${JSON.stringify({ enter, peers, missing }, null, "\t")}\n`);
renameSync(`${target}.new`, target);
