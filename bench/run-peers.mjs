// The builders that run commands too: BuildKit in a Docker engine, and buildah without containers.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "./measure.mjs";
import { line, peersTree } from "./peers.mjs";

const ENV = "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive\n";

/** The Docker engine of `scripts/peers/up`, if it runs. */
export function findBuildKit() {
  const { root, run, path } = peersTree("docker");
  return existsSync(join(root, "run/docker.sock")) ? { run, path } : undefined;
}

function writeDockerfile(scratch, from, commands) {
  mkdirSync(join(scratch, "empty"), { recursive: true });
  const file = join(scratch, "Dockerfile");
  writeFileSync(file, `FROM ${from}\n${ENV}${commands.map((command) => `RUN ${command}\n`).join("")}`);
  return file;
}

/** `docker buildx build` into an OCI archive. The engine has unpacked the base before. */
export async function buildKitRun({ buildkit }, { layout, commands, again, scratch }) {
  if (buildkit === undefined) return undefined;
  const at = (name) => buildkit.path(join(scratch, name));
  const file = writeDockerfile(scratch, "base", commands);
  const out = join(scratch, "buildkit.tar");
  const words = [
    ...["buildx", "build", "--progress=quiet", "--provenance=false", "--network=none"],
    ...(again ? ["--no-cache"] : []),
    ...["--build-context", `base=oci-layout://${buildkit.path(layout)}:1`],
    ...["--file", buildkit.path(file), `--output=type=oci,dest=${at("buildkit.tar")}`, at("empty")],
  ];
  return {
    name: "docker buildx build",
    script: line(...buildkit.run, ...words),
    outputs: [out],
    check: out,
    // Its work is done by a daemon, which GNU time does not see.
    daemon: true,
  };
}

/** Left alone, buildah asks for more than this process has, which some machines forbid even to root. */
function limits() {
  const table = readFileSync("/proc/self/limits", "utf8");
  return Object.entries({ nofile: "Max open files", nproc: "Max processes" }).flatMap(([option, name]) => {
    const hard = new RegExp(`^${name} +\\S+ +(\\d+)`, "m").exec(table)?.[1];
    return hard === undefined ? [] : ["--ulimit", `${option}=${hard}:${hard}`];
  });
}

/** `buildah bud --isolation chroot` and `push`, on a base that its store has already. */
export async function buildahRun({ buildah }, { layout, commands, again, scratch }) {
  if (buildah === undefined) return undefined;
  const store = join(scratch, "buildah-run");
  const at = (path) => buildah.path(path);
  const run = [
    ...buildah.run,
    ...[
      "--root",
      at(join(store, "root")),
      "--runroot",
      at(join(store, "run")),
      "--storage-driver",
      "overlay",
    ],
  ];
  const out = join(scratch, "buildah-run.tar");
  const file = writeDockerfile(scratch, "localhost/base", commands);
  const pulled = `$(${line(...run, "pull", "--quiet", `oci:${at(layout)}:1`)})`;
  await prepare("sh", ["-c", `${line(...run, "tag")} ${pulled} localhost/base`]);
  const words = ["bud", "--isolation", "chroot", ...limits(), "--timestamp", "0", "-t", "bench"];
  const cache = again ? ["--layers=false", "--no-cache"] : ["--layers"];
  const steps = [
    line(...run, ...words, ...cache, "-f", at(file), at(join(scratch, "empty"))),
    line(...run, "push", "bench", `oci-archive:${at(out)}`),
  ];
  return {
    name: "buildah bud + push",
    script: steps.join(" && "),
    outputs: [out],
    check: out,
    end: () => {
      rmSync(store, { recursive: true, force: true });
    },
  };
}
