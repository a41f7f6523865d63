import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { load } from "../../src/api/build.js";
import { rebase } from "../../src/api/registry.js";
import { Image } from "../../src/image/image.js";
import { registryFixture } from "../api/registry-fixture.js";
import { requirePeer, seenByPeer } from "../peers/peers.js";
import { type RealRegistry, registrySkipReason, startRealRegistry } from "../peers/real-registry.js";
import { runInPeer } from "../peers/run.js";

const skipped = registrySkipReason() !== undefined;
let registry: RealRegistry;
let at: Awaited<ReturnType<typeof registryFixture>>;

beforeAll(async () => {
  if (skipped) return;
  registry = await startRealRegistry();
  at = await registryFixture(registry.host);
  const distribution = (version: string) =>
    Image.scratch().write("/etc/version", version).mkdir("/srv").env("VERSION", version).cmd(["/bin/sh"]);
  await at.push(distribution("one"), "base:v1");
  await at.push(distribution("two"), "base:v2");
  for (const version of ["v1", "v2"]) {
    await at.push(app(version), `app:on-${version}`);
  }
});
afterAll(async () => {
  await at?.close();
  await registry?.stop();
});
afterEach(() => void vi.unstubAllEnvs());

const app = (version: string) => Image.from(`${at.host}/base:${version}`).write("/srv/a", "a").user(65532);

describe.skipIf(skipped)("an image that says what its base is, in Debian's registry", () => {
  test("is, put on a new base, what a build on that base is", async () => {
    const reference = `${at.host}/app:on-v1`;
    const result = await rebase(reference, { onto: `${at.host}/base:v2`, to: "rebased", ...at.common });
    const [fresh, rebased] = [await at.manifest("app:on-v2"), await at.manifest("app:rebased")];
    expect(rebased).toEqual(fresh);
    expect(fresh.layers.at(-1)?.annotations).toEqual({ "dev.layerwright.layer.base": "files" });
    expect(result.oldDigest).not.toBe(result.digest);
  });

  test.for(["docker26", "docker28"] as const)("is taken by the tools of %s", async (name, context) => {
    const peer = requirePeer(context, name);
    const seen = seenByPeer(peer, at.folder);
    const remote = `docker://${at.host}/app:on-v1`;
    await runInPeer(peer, ["skopeo", "copy", "--src-tls-verify=false", remote, `oci:${seen}/${name}:v1`]);
    const said = await runInPeer(peer, ["skopeo", "inspect", "--raw", `oci:${seen}/${name}:v1`]);
    expect(JSON.parse(said)).toEqual(await at.manifest("app:on-v1"));
    if (peer.versions["crane"] !== null) {
      await runInPeer(peer, ["crane", "validate", "--insecure", "--remote", `${at.host}/app:on-v1`]);
    }
    vi.stubEnv("DOCKER_HOST", `unix://${peer.socket}`);
    const reference = `layerwright-test/registry-base:${process.pid}`;
    try {
      const result = await load(app("v1"), { reference, ...at.common });
      expect(result.images[0]?.layers.at(-1)?.description).toContain("/srv/a");
    } finally {
      await runInPeer(peer, ["docker", "image", "rm", reference]).catch(() => "");
    }
  });
});
