import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import { oracleRootfs } from "../peers/oracle-rootfs.js";
import { peerOrSkipReason, requirePeer, seenByPeer } from "../peers/peers.js";
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
