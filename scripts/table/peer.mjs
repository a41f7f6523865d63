// The real BuildKit that the Dockerfiles are built with: a Docker engine of `scripts/peers/up`.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NAME = "docker28";
const enter = fileURLToPath(new URL("../peers/enter", import.meta.url));
const up = fileURLToPath(new URL("../peers/up", import.meta.url));

/** The name under which the peer sees a path of this machine. */
const seen = (path) => `/host${realpathSync(path)}`;

/** Brings the engine up unless it is, and says its version, which is that of the BuildKit in it. */
export function startPeer() {
  execFileSync(up, [], { stdio: ["ignore", "ignore", "inherit"] });
  const words = ["docker", "version", "--format", "BuildKit of Docker {{.Server.Version}}"];
  return execFileSync(enter, [NAME, ...words], { encoding: "utf8" }).trim();
}

/** Builds a Dockerfile with BuildKit into an OCI archive. Commands see the network of the host. */
export function buildWithBuildKit({ dockerfile, context, contexts, output, cache }) {
  closeSync(openSync(output, "w"));
  const named = Object.entries(contexts).flatMap(([name, layout]) => [
    "--build-context",
    `${name}=oci-layout://${seen(layout)}`,
  ]);
  const args = [
    ...["docker", "buildx", "build", "--progress=plain", "--provenance=false"],
    ...["--network=host", "--allow=network.host", ...(cache ? [] : ["--no-cache"])],
    ...["--file", seen(dockerfile), ...named, `--output=type=oci,dest=${seen(output)}`, seen(context)],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(enter, [NAME, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        said = (said + text).slice(-20_000);
      });
    }
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`BuildKit ended with ${code} on ${dockerfile}\n${said}`)),
    );
  });
}
