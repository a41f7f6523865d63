import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "layerwright";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { inPeer, type Peer, requirePeer } from "../peers/peers.js";
import { runInPeer } from "../peers/run.js";
import { versionImage } from "./sample-image.js";
import { workFolder } from "./storage.js";

const { folder, remove } = workFolder();
afterAll(remove);
afterEach(() => void vi.unstubAllEnvs());

const store = join(folder, "store");
const image = versionImage().label("org.example.test", "load");

/** Podman's words for a place of its own, inside the tree: nothing of the machine's is touched. */
function podmanPlace(name: string) {
  const root = `/tmp/layerwright-load-${name}-${process.pid}`;
  return {
    root,
    words: ["podman", "--storage-driver", "vfs", "--root", `${root}/root`, "--runroot", `${root}/run`],
  };
}

describe.each(["docker26", "docker28"] as const)("with the engine of %s", (name) => {
  test("an image is loaded over the socket, is what was built, and runs", async (test) => {
    const peer = requirePeer(test, name);
    vi.stubEnv("DOCKER_HOST", `unix://${peer.socket}`);
    const reference = `layerwright-test/load:${process.pid}`;
    const result = await load(image, { reference, store });
    const [loaded] = result.images;
    try {
      expect(result).toMatchObject({ engine: "docker", place: peer.socket });
      expect([loaded?.configDigest, loaded?.digest]).toContain(loaded?.id);
      const said = await runInPeer(peer, ["docker", "image", "inspect", reference]);
      const [inspected] = JSON.parse(said);
      expect(inspected).toMatchObject({
        Id: loaded?.id,
        RepoTags: [reference],
        Config: { Cmd: ["/esbuild", "--version"], Labels: { "org.example.test": "load" } },
        RootFS: { Layers: loaded?.layers.map(({ diffId }) => diffId) },
      });
      const ran = await runInPeer(peer, ["docker", "run", "--rm", "--network", "none", reference]);
      expect(ran).toMatch(/^\d+\.\d+\.\d+\n$/);
    } finally {
      await runInPeer(peer, ["docker", "image", "rm", "--force", reference]).catch(() => "");
    }
  });
});

describe.each(["docker26", "docker28"] as const)("with podman of %s", (name) => {
  test("an image is loaded through the program", async (test) => {
    const peer = requirePeer(test, name);
    const { root, words } = podmanPlace("program");
    const bin = join(folder, name);
    mkdirSync(bin);
    const line = inPeer(peer, words)
      .map((word) => `'${word}'`)
      .join(" ");
    writeFileSync(join(bin, "podman"), `#!/bin/sh\nexec ${line} "$@"\n`);
    chmodSync(join(bin, "podman"), 0o755);
    vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
    vi.stubEnv("XDG_RUNTIME_DIR", "");
    try {
      const reference = "localhost/layerwright-test/load:v1";
      const result = await load(image, { engine: "podman", reference, store });
      expect(result).toMatchObject({ engine: "podman", place: "`podman load`" });
      expect(result.images[0]?.id).toBe(result.images[0]?.configDigest);
    } finally {
      await runInPeer(peer, ["rm", "-rf", root]);
    }
  });

  test("an image is loaded over Podman's socket, which speaks Docker's language", async (test) => {
    const peer = requirePeer(test, name);
    const { root, words } = podmanPlace("socket");
    await runInPeer(peer, ["mkdir", "-p", root]);
    const socket = `${root}/podman.sock`;
    const stop = await podmanService(peer, [...words, "system", "service", "--time", "60"], socket);
    try {
      vi.stubEnv("DOCKER_HOST", `unix://${peer.root}${socket}`);
      const result = await load(image, { reference: "localhost/layerwright-test/load:v1", store });
      expect(result.engine).toBe("podman");
      expect(result.images[0]?.id).toBe(result.images[0]?.configDigest);
    } finally {
      await stop();
      await runInPeer(peer, ["rm", "-rf", root]);
    }
  });
});

async function podmanService(peer: Peer, words: readonly string[], socket: string) {
  const [program, ...args] = inPeer(peer, [...words, `unix://${socket}`]);
  const child = spawn(program, args, { stdio: "ignore" });
  const gone = new Promise((resolve) => child.once("close", resolve));
  for (let waited = 0; !existsSync(`${peer.root}${socket}`) && waited < 20_000; waited += 100)
    await sleep(100);
  return async () => {
    child.kill("SIGTERM");
    await gone;
  };
}
