import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareImages } from "../peers/compare.js";
import { imageListing } from "../peers/image-listing.js";
import { type Peer, requirePeer, seenByPeer } from "../peers/peers.js";
import { runInPeer } from "../peers/run.js";
import { REFERENCE, sampleImage, sampleWithoutZstd, written } from "./sample-image.js";
import { storageOptions, workFolder } from "./storage.js";

const { folder, remove } = workFolder();
const store = join(folder, "store");
const layout = join(folder, "layout");
const archive = join(folder, "archive.tar");

beforeAll(async () => {
  await written(sampleImage(), { type: "layout", dest: layout }, store);
  await written(sampleImage(), { type: "archive", dest: archive }, store);
});
afterAll(remove);

/** Takes what somebody wrote as a base, adds nothing, and expects the very same image. */
async function expectReadBack(path: string, base: Base): Promise<void> {
  const dest = `${path}.read.tar`;
  await written(Image.from(base), { type: "oci", dest }, store);
  expect(compareImages(imageListing(path), imageListing(dest))).toEqual([]);
}

async function skopeo(peer: Peer, from: string, to: string): Promise<void> {
  await runInPeer(peer, ["skopeo", "--insecure-policy", "copy", "-q", from, to]);
}

describe.each(["docker26", "docker28"] as const)("what is written in %s is read by us:", (name) => {
  const work = join(folder, name);
  mkdirSync(work);

  test("skopeo to a layout", async (test) => {
    const peer = requirePeer(test, name);
    const out = join(work, "skopeo-layout");
    mkdirSync(out);
    await skopeo(peer, `oci:${seenByPeer(peer, layout)}:v1`, `oci:${seenByPeer(peer, out)}:copied`);
    await expectReadBack(out, Base.layout(out, { tag: "copied" }));
  });

  test("skopeo to a docker archive", async (test) => {
    const peer = requirePeer(test, name);
    const to = `docker-archive:${seenByPeer(peer, work)}/skopeo.tar:${REFERENCE}`;
    await skopeo(peer, `oci:${seenByPeer(peer, layout)}:v1`, to);
    await expectReadBack(join(work, "skopeo.tar"), Base.archive(join(work, "skopeo.tar")));
  });

  test("docker save", async (test) => {
    const peer = requirePeer(test, name);
    await runInPeer(peer, ["docker", "load", "-i", seenByPeer(peer, archive)]);
    await runInPeer(peer, ["docker", "save", "-o", `${seenByPeer(peer, work)}/saved.tar`, REFERENCE]);
    await runInPeer(peer, ["docker", "image", "rm", REFERENCE]);
    await expectReadBack(join(work, "saved.tar"), Base.archive(join(work, "saved.tar")));
  });

  test("buildah push, as OCI and as docker archive", async (test) => {
    const peer = requirePeer(test, name);
    const buildah = ["buildah", ...storageOptions(peer, work)];
    const id = (
      await runInPeer(peer, [...buildah, "pull", "-q", `oci:${seenByPeer(peer, layout)}:v1`])
    ).trim();
    for (const transport of ["oci-archive", "docker-archive"]) {
      const to = `${transport}:${seenByPeer(peer, work)}/${transport}.tar`;
      await runInPeer(peer, [...buildah, "push", "-q", id, to]);
    }
    await expectReadBack(join(work, "oci-archive.tar"), Base.layout(join(work, "oci-archive.tar")));
    await expectReadBack(join(work, "docker-archive.tar"), Base.archive(join(work, "docker-archive.tar")));
  });

  test("umoci insert, a layer more", async (test) => {
    const peer = requirePeer(test, name);
    const out = join(work, "umoci");
    await written(sampleWithoutZstd(), { type: "layout", dest: out }, store);
    writeFileSync(join(work, "inserted"), "by umoci\n");
    const image = `${seenByPeer(peer, out)}:v1`;
    await runInPeer(peer, [
      "umoci",
      "insert",
      "--image",
      image,
      seenByPeer(peer, join(work, "inserted")),
      "/srv/inserted",
    ]);
    expect(imageListing(out).rootfs.has("srv/inserted")).toBe(true);
    await expectReadBack(out, Base.layout(out, { tag: "v1" }));
  });
});
