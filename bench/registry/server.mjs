// Debian's docker-registry on this machine, and a relay before it that counts what a client sends.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A free port, for a moment at least. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the registry with its files in a folder. */
export async function startRegistry(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
  const stop = () => void child.kill("SIGKILL");
  process.once("exit", stop);
  for (let waited = 0; waited < 100; waited++) {
    if (await answers(port)) return { host: `127.0.0.1:${port}`, port, stop };
    await sleep(100);
  }
  stop();
  throw new Error("docker-registry does not answer: is it installed?");
}

async function answers(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/v2/`)).ok;
  } catch {
    return false;
  }
}

/** A relay to the registry; `sent()` gives the bytes that clients sent since it was asked last. */
export async function startCounter(registry) {
  let bytes = 0;
  const server = createServer((client) => {
    const upstream = connect(registry.port, "127.0.0.1");
    client.on("data", (chunk) => {
      bytes += chunk.length;
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      socket.on("error", () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${server.address().port}`,
    sent() {
      const since = bytes;
      bytes = 0;
      return since;
    },
    stop: () => void server.close(),
  };
}
