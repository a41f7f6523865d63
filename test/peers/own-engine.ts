import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Peer } from "./peers.js";

/** A Docker engine of one test: empty, and with the layer store that Docker has unless told otherwise. */
export interface OwnEngine {
  /** Its socket, inside the peer's tree. */
  readonly socketInside: string;
  /** Asks its API. */
  get(path: string): Promise<unknown>;
  /** Ends it and removes all that it held. */
  stop(): Promise<void>;
}

/** Starts an engine beside the peer's own, in the peer's tree. */
export async function startOwnEngine(peer: Peer, name: string): Promise<OwnEngine> {
  const inside = `/tmp/layerwright-engine-${name}-${process.pid}`;
  const folder = join(peer.root, inside);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "daemon.json"), '{"features":{"containerd-snapshotter":false}}');
  const words = [
    ...["dockerd", "--config-file", `${inside}/daemon.json`, "--pidfile", `${inside}/docker.pid`],
    ...["--iptables=false", "--ip6tables=false", "--bridge=none", "-H", `unix://${inside}/docker.sock`],
    ...["--data-root", `${inside}/data`, "--exec-root", `${inside}/run`],
  ];
  const child = spawn(peer.enter, ["--daemon", peer.name, ...words], { stdio: "ignore" });
  let over = false;
  const gone = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  }).then(() => {
    over = true;
  });
  const socket = join(folder, "docker.sock");
  const engine: OwnEngine = {
    socketInside: `${inside}/docker.sock`,
    get: (path) => ask(socket, path),
    async stop() {
      child.kill("SIGTERM");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (let tries = 0; tries < 150 && !over; tries++) {
    if (await answers(engine)) return engine;
    await sleep(200);
  }
  await engine.stop();
  throw new Error(`an engine of its own did not start in ${peer.name}`);
}

async function answers(engine: OwnEngine): Promise<boolean> {
  return engine.get("/version").then(
    () => true,
    () => false,
  );
}

function ask(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (answer) => {
      text(answer).then((body) => {
        if (answer.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`${path}: ${answer.statusCode} ${body}`));
      }, reject);
    });
    asked.once("error", reject);
    asked.end();
  });
}
