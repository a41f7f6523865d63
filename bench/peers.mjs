// Which peers are on this machine, and how each does the same work. A peer that is missing is named and left out.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { prepare } from "./measure.mjs";

const enter = fileURLToPath(new URL("../scripts/peers/enter", import.meta.url));

/** The tree that `scripts/peers/up` makes, with the newest of each peer. */
const TREE = "docker28";

/** A program in that tree, run inside it; the machine's own files are below /host there. */
export function peersTree(program) {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const root = join(process.env.LAYERWRIGHT_PEERS || join(cache, "layerwright-peers"), TREE);
  return { root, run: [enter, TREE, program], path: (path) => `/host${path}` };
}

/** Finds the peers. A program in the tree that needs nothing but libc is run as it is, without the tree. */
export function findPeers() {
  const found = {};
  for (const name of ["crane", "umoci", "buildah", "skopeo", "gzip", "pigz", "tar"]) {
    const tree = peersTree(name);
    const inTree = join(tree.root, "usr/bin", name);
    if (works(name)) found[name] = { run: [name], path: (path) => path };
    // Ours first would be the host's old buildah; the tree has the newer one.
    if (existsSync(inTree) && name !== "tar" && name !== "gzip") {
      if (works(inTree)) found[name] = { run: [inTree], path: (path) => path };
      else found[name] = tree;
    }
  }
  return found;
}

function works(program) {
  const { error, status } = spawnSync(program, ["--version"], { stdio: "ignore" });
  // crane knows no --version and says so; what cannot be started at all is something else.
  return error === undefined && status !== 127;
}

/** What a peer says of its version, in one line. */
export function versionOf(peer, name) {
  const [command, ...args] = peer.run;
  const { stdout, stderr } = spawnSync(command, [...args, name === "crane" ? "version" : "--version"], {
    encoding: "utf8",
  });
  return `${stdout}`.split("\n")[0] || `${stderr}`.split("\n")[0] || "version unknown";
}

/** A registry on this machine for `crane flatten`, which knows no folders; crane has one itself. */
export async function startRegistry(crane, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const child = spawn(crane.run[0], ["registry", "serve", "--address", "127.0.0.1:0", "--disk", folder], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      said = (said + text).slice(-4000);
    });
  }
  for (let waited = 0; waited < 100; waited++) {
    const port = /serving on port (\d+)/.exec(said)?.[1];
    if (port !== undefined) return { host: `127.0.0.1:${port}`, stop: () => void child.kill() };
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  child.kill();
  throw new Error(`crane registry serve: ${said}`);
}

/** Quotes a word for `sh`. */
const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;
export const line = (...words) => words.map(quote).join(" ");

/** `tar` and `crane append`: crane does not read folders. */
export function craneAppend({ crane }, folder, name, scratch) {
  if (crane === undefined) return undefined;
  const [tar, out] = [join(scratch, "crane.tar"), join(scratch, "crane-image.tar")];
  const append = ["append", "--oci-empty-base", "-f", tar, "-t", "bench/crane:1", "-o", out];
  return {
    name: "tar + crane append",
    script: `${line("tar", "-cf", tar, "-C", folder, name)} && ${line(...crane.run, ...append)}`,
    outputs: [tar, out],
    check: out,
  };
}

/** `umoci init`, `new`, `insert`. */
export function umociInsert({ umoci }, folder, name, scratch) {
  if (umoci === undefined) return undefined;
  const layout = join(scratch, "umoci");
  const image = `${umoci.path(layout)}:x`;
  const steps = [
    line(...umoci.run, "init", "--layout", umoci.path(layout)),
    line(...umoci.run, "new", "--image", image),
    line(...umoci.run, "insert", "--image", image, umoci.path(join(folder, name)), `/${name}`),
  ];
  return {
    name: "umoci insert",
    script: steps.join(" && "),
    outputs: [layout],
    check: join(layout, "index.json"),
  };
}

/** `tar | gzip` and `tar | pigz`: a layer without a digest and without an image. */
export function tarInto(peers, program, level, folder, name, scratch) {
  if (peers[program] === undefined) return undefined;
  const out = join(scratch, `${program}.tar.gz`);
  const script = `${line("tar", "-cf", "-", "-C", folder, name)} | ${line(...peers[program].run, `-${level}`)} > ${quote(out)}`;
  return { name: `tar | ${program} -${level}`, script, outputs: [out], check: out };
}

const buildahRun = (buildah, scratch) => {
  const at = (name) => buildah.path(join(scratch, name));
  return [
    ...buildah.run,
    "--root",
    at("buildah/root"),
    "--runroot",
    at("buildah/run"),
    "--storage-driver",
    "overlay",
  ];
};

/** `buildah bud` and `push`. */
export function buildahBud({ buildah }, folder, name, scratch) {
  if (buildah === undefined) return undefined;
  const run = buildahRun(buildah, scratch);
  const out = join(scratch, "buildah.tar");
  mkdirSync(scratch, { recursive: true });
  writeFileSync(join(scratch, "Dockerfile"), `FROM scratch\nCOPY ${name} /${name}\n`);
  const file = ["-f", buildah.path(join(scratch, "Dockerfile"))];
  const steps = [
    line(...run, "bud", "--layers=false", "--timestamp", "0", "-t", "bench", ...file, buildah.path(folder)),
    line(...run, "push", "bench", `oci-archive:${buildah.path(out)}`),
  ];
  return buildahContestant("buildah bud + push", steps, run, out, scratch);
}

/** buildah's squash, which takes the base's layers too, and `push`. */
export function buildahSquash({ buildah }, layout, scratch) {
  if (buildah === undefined) return undefined;
  const run = buildahRun(buildah, scratch);
  const out = join(scratch, "buildah.tar");
  mkdirSync(scratch, { recursive: true });
  writeFileSync(join(scratch, "Dockerfile.flat"), `FROM oci:${buildah.path(layout)}\n`);
  const file = ["-f", buildah.path(join(scratch, "Dockerfile.flat"))];
  const steps = [
    line(...run, "bud", "--squash", "--timestamp", "0", "-t", "bench", ...file, buildah.path(scratch)),
    line(...run, "push", "bench", `oci-archive:${buildah.path(out)}`),
  ];
  return buildahContestant("buildah bud --squash + push", steps, run, out, scratch);
}

function buildahContestant(name, steps, run, out, scratch) {
  return {
    name,
    script: steps.join(" && "),
    outputs: [out],
    check: out,
    // A fresh store each time, as the other peers have; its overlay folders are not removed by hand.
    after: () =>
      prepare("sh", [
        "-c",
        `${line(...run, "rmi", "--all", "--force")} >/dev/null 2>&1; rm -rf ${quote(join(scratch, "buildah"))}`,
      ]),
  };
}

/** `umoci unpack`, then the root file system as one layer of a new image. */
export function umociFlatten({ umoci }, layout, scratch) {
  if (umoci === undefined) return undefined;
  const [bundle, out] = [join(scratch, "bundle"), join(scratch, "umoci-flat")];
  const image = `${umoci.path(out)}:x`;
  const steps = [
    line(...umoci.run, "unpack", "--image", `${umoci.path(layout)}:1`, umoci.path(bundle)),
    line(...umoci.run, "init", "--layout", umoci.path(out)),
    line(...umoci.run, "new", "--image", image),
    line(...umoci.run, "insert", "--image", image, umoci.path(join(bundle, "rootfs")), "/"),
  ];
  return {
    name: "umoci unpack + insert",
    script: steps.join(" && "),
    outputs: [bundle, out],
    check: join(out, "index.json"),
  };
}

/** `crane flatten` in a registry on this machine. It always compresses at level 9. */
export async function craneFlatten({ crane }, layout, scratch) {
  if (crane === undefined) return undefined;
  const registry = await startRegistry(crane, join(scratch, "registry"));
  try {
    const source = `${registry.host}/bench/layers:1`;
    const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
    if (manifests.length !== 1) throw new Error(`${layout} holds ${manifests.length} images`);
    await prepare(crane.run[0], ["push", layout, source]);
    return {
      name: "crane flatten (level 9)",
      script: line(...crane.run, "flatten", source, "-t", `${registry.host}/bench/flat:1`),
      outputs: [],
      end: registry.stop,
    };
  } catch (error) {
    registry.stop();
    throw error;
  }
}
