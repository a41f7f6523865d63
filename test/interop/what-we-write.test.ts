import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, dockerfile, Image, push } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import { oracleRootfs } from "../peers/oracle-rootfs.js";
import { peerOrSkipReason, requirePeer, seenByPeer } from "../peers/peers.js";
import { requireRegistry, startRealRegistry } from "../peers/real-registry.js";
import { runInPeer } from "../peers/run.js";
import { treeDifferences } from "./same-tree.js";
import { REFERENCE, sampleImage, sampleWithoutZstd, written } from "./sample-image.js";
import { storageOptions, workFolder } from "./storage.js";

const { folder, remove } = workFolder();
const archive = join(folder, "archive.tar");
const oci = join(folder, "oci.tar");
const layout = join(folder, "layout");
const older = join(folder, "older-layout");
const olderArchive = join(folder, "older.tar");
let ours: ImageListing;

beforeAll(async () => {
  const store = join(folder, "store");
  await written(sampleImage(), { type: "archive", dest: archive }, store);
  await written(sampleImage(), { type: "oci", dest: oci }, store);
  await written(sampleImage(), { type: "layout", dest: layout }, store);
  await written(sampleWithoutZstd(), { type: "layout", dest: older }, store);
  await written(sampleWithoutZstd(), { type: "archive", dest: olderArchive }, store);
  ours = imageListing(oci);
});
afterAll(remove);

test("the three outputs are one image", () => {
  expect(compareImages(ours, imageListing(archive))).toEqual([]);
  expect(compareImages(ours, imageListing(layout))).toEqual([]);
});

describe.each(["docker26", "docker28"] as const)("what we write is read in %s by", (name) => {
  const work = join(folder, name);
  mkdirSync(work);

  test.each([
    ["oci-archive", "oci.tar"],
    ["oci-archive", "archive.tar"],
    ["docker-archive", "archive.tar"],
  ])("skopeo from %s:%s", async (transport, file) => {
    const peer = peerOrSkipReason(name);
    if (typeof peer === "string") return;
    // To the same kind: skopeo drops the health check where it makes an OCI config of a docker one.
    const kind = transport === "oci-archive" ? "oci-archive" : "docker-archive";
    const out = `skopeo-${kind}-${file}`;
    const [from, to] = [
      `${transport}:${seenByPeer(peer, join(folder, file))}`,
      `${kind}:${seenByPeer(peer, work)}/${out}`,
    ];
    await runInPeer(peer, ["skopeo", "--insecure-policy", "copy", "-q", from, `${to}:${REFERENCE}`]);
    expect(compareImages(ours, imageListing(join(work, out)))).toEqual([]);
  });

  test("umoci, which unpacks the tree that we list", async (test) => {
    const peer = requirePeer(test, name);
    expect(treeDifferences(ours, await oracleRootfs(peer, older, "v1"))).toEqual([]);
  });

  test("podman load", async (test) => {
    const peer = requirePeer(test, name);
    const podman = ["podman", ...storageOptions(peer, work)];
    const said = await runInPeer(peer, [...podman, "load", "-i", seenByPeer(peer, archive)]);
    expect(said).toContain(REFERENCE);
    const saved = join(work, "podman.tar");
    const save = [
      "save",
      "-q",
      "--format=oci-archive",
      "-o",
      `${seenByPeer(peer, work)}/podman.tar`,
      REFERENCE,
    ];
    await runInPeer(peer, [...podman, ...save]);
    expect(compareImages(ours, imageListing(saved))).toEqual([]);
  });

  test("buildah from", async (test) => {
    const peer = requirePeer(test, name);
    const buildah = ["buildah", ...storageOptions(peer, work)];
    const container = await runInPeer(peer, [...buildah, "from", `oci-archive:${seenByPeer(peer, oci)}`]);
    const shown = await runInPeer(peer, [...buildah, "inspect", container.trim()]);
    expect(JSON.parse(shown).OCIv1.config.Labels).toMatchObject({ "org.example.sample": "yes" });
  });

  test("docker load", async (test) => {
    const peer = requirePeer(test, name);
    const said = await runInPeer(peer, ["docker", "load", "-i", seenByPeer(peer, archive)]);
    expect(said).toContain(REFERENCE);
    const saved = `${seenByPeer(peer, work)}/docker.tar`;
    await runInPeer(peer, ["docker", "save", "-o", saved, REFERENCE]);
    await runInPeer(peer, ["docker", "image", "rm", REFERENCE]);
    expect(compareImages(ours, imageListing(join(work, "docker.tar")))).toEqual([]);
  });

  test("crane", async (test) => {
    const peer = requirePeer(test, name);
    if (!peer.versions["crane"]) test.skip("crane is in no suite of this peer");
    // Crane 0.20 takes every layer of a tarball to be gzip when the first one is.
    const said = await runInPeer(peer, ["crane", "validate", "--tarball", seenByPeer(peer, olderArchive)]);
    expect(said).toContain("PASS");
  });
});

describe("G15: an image without steps has one empty layer", () => {
  const image = Image.scratch().label("empty", "yes").cmd(["/none"]);
  const store = join(folder, "empty-store");
  const file = (name: string) => join(folder, name);
  // The sha256 of 1024 zeros, which end a tar.
  const NOTHING = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

  beforeAll(async () => {
    for (const type of ["archive", "oci", "layout"] as const)
      await build(image, { store, lock: false, output: { type, dest: file(`empty-${type}`) } });
  });

  test("in every output, and in a Dockerfile that BuildKit builds", async (test) => {
    const listings = ["archive", "oci", "layout"].map((type) => imageListing(file(`empty-${type}`)));
    for (const name of ["docker26", "docker28"] as const) {
      const directory = file(`empty-${name}`);
      mkdirSync(directory);
      writeFileSync(join(directory, "Dockerfile"), await dockerfile(image, { context: directory }));
      const request = {
        ...{ contextDir: directory, dockerfile: join(directory, "Dockerfile"), namedContexts: {} },
        outOciTar: file(`empty-${name}.tar`),
      };
      await buildWithBuildKit(requirePeer(test, name), request);
      listings.push(imageListing(request.outOciTar));
    }
    for (const { layers, config } of listings) {
      expect(layers.map(({ paths }) => paths)).toEqual([[]]);
      expect(config["rootfs"]).toEqual({ type: "layers", diff_ids: [NOTHING] });
      const history = config["history"] as readonly { readonly empty_layer?: boolean }[];
      expect(history.filter((line) => line.empty_layer !== true)).toHaveLength(1);
    }
    expect(listings.flatMap((other) => compareImages(listings[0]!, other))).toEqual([]);
  });

  test.each(["docker26", "docker28"] as const)("that the loaders of %s take", async (name) => {
    const peer = peerOrSkipReason(name);
    if (typeof peer === "string") return;
    const [archive, oci, layout] = ["archive", "oci", "layout"].map((type) =>
      seenByPeer(peer, file(`empty-${type}`)),
    );
    const work = file(`${name}-empty`);
    mkdirSync(work);
    for (const from of [`oci-archive:${oci}`, `docker-archive:${archive}`, `oci:${layout}`]) {
      const to = `dir:${seenByPeer(peer, work)}/${from.split(":")[0]}`;
      await runInPeer(peer, ["skopeo", "--insecure-policy", "copy", "-q", from, to]);
    }
    const podman = ["podman", ...storageOptions(peer, work)];
    expect(await runInPeer(peer, [...podman, "load", "-i", archive!])).toContain("Loaded image");
    const buildah = ["buildah", ...storageOptions(peer, work)];
    await runInPeer(peer, [...buildah, "from", `oci-archive:${oci}`]);
    const said = await runInPeer(peer, ["docker", "load", "-i", archive!]);
    const id = /sha256:[0-9a-f]{64}/.exec(said)![0];
    const inspected = JSON.parse(await runInPeer(peer, ["docker", "image", "inspect", id]));
    expect(inspected[0]).toMatchObject({ Config: { Labels: { empty: "yes" } } });
    await runInPeer(peer, ["docker", "image", "rm", id]);
    if (peer.versions["crane"])
      expect(await runInPeer(peer, ["crane", "validate", "--tarball", archive!])).toContain("PASS");
  });

  test("that goes to a registry", async (test) => {
    requireRegistry(test);
    const registry = await startRealRegistry();
    try {
      const reference = `${registry.host}/acme/empty:v1`;
      await push(image, reference, { store, lock: false });
      const answer = await fetch(`${registry.origin}/v2/acme/empty/manifests/v1`, {
        headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
      });
      expect(((await answer.json()) as { layers: unknown }).layers).toHaveLength(1);
    } finally {
      await registry.stop();
    }
  });
});
