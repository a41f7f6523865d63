import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { load } from "../../src/api/load.js";
import { Image } from "../../src/image/image.js";
import { requirePeer } from "../peers/peers.js";
import { runInPeer } from "../peers/run.js";
import { workFolder } from "./storage.js";

const { folder, remove } = workFolder();
afterAll(remove);
afterEach(() => void vi.unstubAllEnvs());

const image = Image.scratch()
  .write("/hello.txt", "loaded by layerwright\n")
  .label("org.example.test", "load")
  .cmd(["/hello.txt"]);

describe.each(["docker26", "docker28"] as const)("with the engine of %s", (name) => {
  test("an image is loaded over the socket, and the engine has what was built", async (test) => {
    const peer = requirePeer(test, name);
    vi.stubEnv("DOCKER_HOST", `unix://${peer.socket}`);
    const reference = `layerwright-test/load:${process.pid}`;
    const result = await load(image, { reference, store: join(folder, "store") });
    const [loaded] = result.images;
    try {
      expect(result).toMatchObject({ engine: "docker", place: peer.socket });
      expect([loaded?.configDigest, loaded?.digest]).toContain(loaded?.id);
      const said = await runInPeer(peer, ["docker", "image", "inspect", reference]);
      const [inspected] = JSON.parse(said);
      expect(inspected).toMatchObject({
        Id: loaded?.id,
        RepoTags: [reference],
        Config: { Cmd: ["/hello.txt"], Labels: { "org.example.test": "load" } },
        RootFS: { Layers: loaded?.layers.map(({ diffId }) => diffId) },
      });
    } finally {
      await runInPeer(peer, ["docker", "image", "rm", reference]).catch(() => "");
    }
  });
});

describe.each(["docker26", "docker28"] as const)("with podman of %s", (name) => {
  test("an image is loaded through the program", async (test) => {
    const peer = requirePeer(test, name);
    const root = `/tmp/layerwright-load-${process.pid}`;
    const storage = ["--storage-driver", "vfs", "--root", `${root}/root`, "--runroot", `${root}/run`];
    const bin = join(folder, name);
    mkdirSync(bin);
    const words = [peer.enter, peer.name, "podman", ...storage].map((word) => `'${word}'`).join(" ");
    writeFileSync(join(bin, "podman"), `#!/bin/sh\nexec ${words} "$@"\n`);
    chmodSync(join(bin, "podman"), 0o755);
    vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
    vi.stubEnv("XDG_RUNTIME_DIR", "");
    try {
      const reference = "localhost/layerwright-test/load:v1";
      const result = await load(image, { engine: "podman", reference, store: join(folder, "store") });
      expect(result).toMatchObject({ engine: "podman", place: "`podman load`" });
      expect(result.images[0]?.id).toBe(result.images[0]?.configDigest);
    } finally {
      await runInPeer(peer, ["rm", "-rf", root]);
    }
  });
});
