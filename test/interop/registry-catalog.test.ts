import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, Catalog, Image, pull, push, synth } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { PLATFORM } from "../golden/golden-cases.js";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { compareImages } from "../peers/compare.js";
import { imageListing } from "../peers/image-listing.js";
import { peerOrSkipReason, requirePeer, seenByPeer } from "../peers/peers.js";
import { type RealRegistry, registrySkipReason, startRealRegistry } from "../peers/real-registry.js";
import { runInPeer } from "../peers/run.js";
import { workFolder } from "./storage.js";

/** A catalog on a base that a stranger pushed to a real registry: built, pushed, pulled by others, and run. */
const { folder, remove } = workFolder();
const missing = registrySkipReason() ?? (await whyNoSandbox());
const store = join(folder, "store");
const context = join(folder, "context");
let registry: RealRegistry;

function catalog(): Catalog {
  const base = `${registry.host}/stranger/base:v1`;
  const config = Image.from(base).env("LANG", "C.UTF-8").label("org.example.kind", "config");
  const files = Image.from(config).copy("site/", "/srv/site/").write("/hello.txt", "hello\n");
  const commands = Image.from(base)
    .run("echo made > /made.txt && chmod 600 /made.txt")
    .cmd(["/bin/cat", "/made.txt"]);
  return new Catalog("acme", { config, files, commands }, { platforms: [PLATFORM] });
}

beforeAll(async () => {
  if (missing !== undefined) return;
  ensureBases();
  mkdirSync(join(context, "site"), { recursive: true });
  writeFileSync(join(context, "site/index.html"), "<h1>hello</h1>\n");
  registry = await startRealRegistry();
  const source = `oci:${join(BASES, "layout")}:v1`;
  const to = `docker://${registry.host}/stranger/base:v1`;
  execFileSync("skopeo", ["copy", "--quiet", "--dest-tls-verify=false", source, to]);
});
afterAll(async () => {
  await registry?.stop();
  remove();
});

describe.skipIf(missing !== undefined)("a catalog on a base in a real registry", () => {
  test("is built and pushed in one go; the base's layers are linked and not sent", async () => {
    const report = await push(catalog(), `${registry.host}/acme`, { context, store });
    expect(report.images.map(({ reference }) => reference)).toEqual(
      ["config", "files", "commands"].map((name) => `${registry.host}/acme/${name}:latest`),
    );
    const base = imageListing(join(BASES, "layout")).layers.length;
    expect(report.blobs.mounted).toBeGreaterThanOrEqual(3 * base);
    expect(report.sentBytes).toBeLessThan(20_000);
    const lock = JSON.parse(readFileSync(join(context, "layerwright.lock.json"), "utf8"));
    expect(Object.keys(lock.images)).toEqual([`${registry.host}/stranger/base:v1`]);
  });

  test.each(["config", "files", "commands"])("skopeo pulls %s as we built it", async (name) => {
    const theirs = join(folder, `${name}-skopeo`);
    const from = `docker://${registry.host}/acme/${name}:latest`;
    execFileSync("skopeo", ["copy", "--quiet", "--src-tls-verify=false", from, `oci:${theirs}:latest`]);
    const ours = join(folder, `${name}.tar`);
    const image = catalog().images[name]!;
    const { digest } = await build(image, {
      context,
      store,
      platform: PLATFORM,
      output: { type: "oci", dest: ours },
    });
    const { digest: pushed } = JSON.parse(
      execFileSync("skopeo", ["inspect", "--tls-verify=false", from], { encoding: "utf8" }).replace(
        /"Digest"/,
        '"digest"',
      ),
    );
    expect(pushed).toBe(digest);
    expect(compareImages(imageListing(ours), imageListing(theirs))).toEqual([]);
    const pulled = join(folder, `${name}-pulled.tar`);
    await pull(`${registry.host}/acme/${name}`, {
      output: { type: "oci", dest: pulled },
      platforms: [PLATFORM],
      store: join(folder, "other-store"),
    });
    expect(compareImages(imageListing(pulled), imageListing(theirs))).toEqual([]);
  });

  test("crane pulls every image as we built it", async (test) => {
    const peer = requirePeer(test, "docker28");
    if (peer.versions["crane"] === null) test.skip("no crane in docker28");
    const work = join(folder, "crane");
    mkdirSync(work);
    for (const name of ["config", "files", "commands"]) {
      const to = `${seenByPeer(peer, work)}/${name}`;
      await runInPeer(peer, [
        "crane",
        "pull",
        "--insecure",
        "--format=oci",
        `${registry.host}/acme/${name}`,
        to,
      ]);
      const theirs = imageListing(join(work, name));
      expect(compareImages(imageListing(join(folder, `${name}.tar`)), theirs)).toEqual([]);
    }
  });

  test("Docker pulls and runs it", async (test) => {
    const peer = requirePeer(test, "docker28");
    const reference = `${registry.host}/acme/commands:latest`;
    await runInPeer(peer, ["docker", "pull", "--quiet", reference]);
    try {
      const work = join(folder, "run");
      mkdirSync(work);
      const seen = seenByPeer(peer, work);
      // The engines of the tests set no control groups up, so the command runs in the file system that Docker unpacked.
      const id = (await runInPeer(peer, ["docker", "create", reference])).trim();
      await runInPeer(peer, [
        "sh",
        "-c",
        `mkdir ${seen}/root && docker export ${id} | tar -x -C ${seen}/root`,
      ]);
      await runInPeer(peer, ["docker", "rm", id]);
      expect(await runInPeer(peer, ["chroot", `${seen}/root`, "/bin/cat", "/made.txt"])).toBe("made\n");
    } finally {
      await runInPeer(peer, ["docker", "rmi", "--force", reference]);
    }
  });

  test.each(["docker26", "docker28"] as const)(
    "BuildKit of %s makes the same images from the Dockerfiles",
    async (name) => {
      const found = peerOrSkipReason(name);
      if (typeof found === "string") return;
      const peer = found;
      const { images } = await synth(catalog(), { context, store });
      for (const { name: image, dockerfile } of images) {
        expect(readFileSync(join(context, dockerfile), "utf8")).toMatch(
          /^FROM 127\.0\.0\.1:\d+\/stranger\/base:v1@sha256:/m,
        );
        const outOciTar = join(folder, `${image}-${name}.tar`);
        await buildWithBuildKit(peer, {
          contextDir: context,
          dockerfile: join(context, dockerfile),
          outOciTar,
        });
        expect(compareImages(imageListing(join(folder, `${image}.tar`)), imageListing(outOciTar))).toEqual(
          [],
        );
      }
    },
  );

  test("a tag that moves changes nothing that is locked", async () => {
    const before = await build(catalog().images["config"]!, { context, store, platform: PLATFORM });
    const source = `oci:${join(BASES, "layout")}:small`;
    const to = `docker://${registry.host}/stranger/base:v1`;
    execFileSync("skopeo", ["copy", "--quiet", "--dest-tls-verify=false", source, to]);
    const after = await build(catalog().images["config"]!, {
      context,
      store: join(folder, "new-store"),
      platform: PLATFORM,
    });
    expect(after.digest).toBe(before.digest);
    const floating = await build(catalog().images["config"]!, {
      context,
      store,
      platform: PLATFORM,
      lock: false,
    });
    expect(floating.digest).not.toBe(before.digest);
  });
});

test.runIf(missing !== undefined)("a real registry and a sandbox are here", ({ skip }) => skip(missing));
