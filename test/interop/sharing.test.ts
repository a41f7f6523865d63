import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ObservedImage, ObservedLayer } from "../../src/analyze/observed-image.js";
import { type Sharing, shareImages } from "../../src/analyze/sharing/share-images.js";
import { synth } from "../../src/api/synth.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { Base } from "../../src/image/base.js";
import { Image } from "../../src/image/image.js";
import type { SquashPolicy } from "../../src/image/nodes.js";
import { withObservedJobs } from "../../src/project/observe.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { type OwnEngine, startOwnEngine } from "../peers/own-engine.js";
import { type Peer, type PeerName, peerOrSkipReason, requirePeer, seenByPeer } from "../peers/peers.js";
import { runInPeer } from "../peers/run.js";
import { workFolder } from "./storage.js";

const { folder, remove } = workFolder();
afterAll(remove);

const names: readonly PeerName[] = ["docker26", "docker28"];
const skipped = names.every((name) => typeof peerOrSkipReason(name) === "string");
const context = join(folder, "context");
const settings = { context, store: join(folder, "store"), compression: "none" };
const debian = Image.from(Base.rootfs("debian.tar")).cmd(["/bin/sh"]);

/** Files that do not compress, and are the same each time. */
function writeFiles(name: string, count: number, bytes: number): void {
  mkdirSync(join(context, name), { recursive: true });
  let state = name.length;
  for (let file = 0; file < count; file++) {
    const content = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      content.writeUInt32LE(state, at);
    }
    writeFileSync(join(context, name, `file-${file}`), content);
  }
}

beforeAll(async () => {
  if (skipped) return;
  const script = fileURLToPath(new URL("../../scripts/peers/debian-base", import.meta.url));
  const rootfs = execFileSync(script, { encoding: "utf8" }).trim();
  writeFiles("nginx", 40, 500_000);
  for (const [at, name] of ["app-1", "app-2", "app-3"].entries()) writeFiles(name, at + 3, 1_500_000);
  copyFileSync(rootfs, join(context, "debian.tar"));
}, 300_000);

/** The catalog of the article: a distribution, a server on it, and applications on that. */
function catalog(policies: readonly [SquashPolicy, SquashPolicy, SquashPolicy, SquashPolicy]) {
  const parent = Image.from(debian)
    .copy("nginx/", "/usr/share/nginx/")
    .write("/etc/nginx.conf", "user www;\n");
  const app = (name: string, policy: SquashPolicy) =>
    Image.from(parent)
      .copy(`${name}/`, "/srv/")
      // What a squash saves: a file that is there twice, and one that is gone.
      .copy(`${name}/file-0`, "/srv/file-1")
      .remove("/usr/share/nginx/file-7")
      .squash(policy);
  const [nginx, first, second, third] = policies;
  return {
    debian,
    nginx: parent.squash(nginx),
    "app-1": app("app-1", first),
    "app-2": app("app-2", second),
    "app-3": app("app-3", third),
  };
}

/** What Docker weighs: the bytes of the files in a layer. */
async function inFileBytes({ name, layers }: ObservedImage) {
  const weighed = layers.map(async (layer: ObservedLayer) => {
    const files = (await layer.entries()).filter(({ type }) => type === "file");
    const uncompressedSize = files.reduce((sum, { size }) => sum + size, 0);
    return { diffId: layer.diffId, digest: layer.digest, size: layer.size, uncompressedSize };
  });
  return { name, layers: await Promise.all(weighed) };
}

async function ourSharing(images: Readonly<Record<string, Image>>): Promise<Sharing> {
  const jobs = Object.entries(images).map(([name, { node }]) => ({
    name,
    plan: planImage(node, { context }).plan,
    references: [],
  }));
  return withObservedJobs(jobs, settings, async (observed) =>
    shareImages(await Promise.all(observed.map(inFileBytes))),
  );
}

/** The same images by BuildKit, into the engine's own store. */
async function buildThere(peer: Peer, engine: OwnEngine, images: Readonly<Record<string, Image>>) {
  const out = join(context, "layerwright.out");
  await synth(new Catalog("share-proof", images), { context, out });
  for (const name of Object.keys(images)) {
    const path = join(out, name, "Dockerfile");
    await runInPeer(peer, [
      ...["env", `DOCKER_HOST=unix://${engine.socketInside}`, "docker", "buildx", "build"],
      ...["--progress=plain", "--provenance=false", "--network=none", "--load"],
      ...["--file", seenByPeer(peer, path), "--tag", `share-proof/${name}:1`, seenByPeer(peer, context)],
    ]);
  }
}

interface DiskUsage {
  readonly LayersSize: number;
  readonly Images: readonly { RepoTags: readonly string[]; Size: number; SharedSize: number }[];
}

describe.skipIf(skipped).each(names)("what the store of %s holds", (peerName) => {
  test.for([
    ["shared", ["keep", "keep", "own", "own"]],
    ["squashed", ["all", "all", "all", "all"]],
  ] as const)("is what was computed, %s", { timeout: 600_000 }, async ([picture, policies], context) => {
    const peer = requirePeer(context, peerName);
    const images = catalog(policies);
    const ours = await ourSharing(images);
    const engine = await startOwnEngine(peer, picture);
    try {
      await buildThere(peer, engine, images);
      const { LayersSize, Images } = (await engine.get("/system/df")) as DiskUsage;
      const theirs = Images.map(({ RepoTags, Size, SharedSize }) => ({
        name: RepoTags[0]!.replace(/^share-proof\/(.*):1$/, "$1"),
        virtualBytes: Size,
        sharedBytes: SharedSize,
        uniqueBytes: Size - SharedSize,
      })).sort((a, b) => (a.name < b.name ? -1 : 1));
      const computed = ours.images
        .map(({ name, virtualBytes, sharedBytes, uniqueBytes }) => ({
          name,
          virtualBytes,
          sharedBytes,
          uniqueBytes,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      expect({ effectiveBytes: LayersSize, images: theirs }).toEqual({
        effectiveBytes: ours.effectiveBytes,
        images: computed,
      });
      // A proof of nothing would pass as well.
      expect(LayersSize).toBeGreaterThan(100_000_000);
      expect(theirs.some(({ sharedBytes }) => sharedBytes > 0)).toBe(picture === "shared");
    } finally {
      await engine.stop();
    }
  });
});
