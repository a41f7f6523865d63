import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildWithBuildah } from "./buildah.js";
import { buildWithBuildKit } from "./buildkit.js";
import { compareImages } from "./compare.js";
import { imageListing } from "./image-listing.js";
import { oracleRootfs } from "./oracle-rootfs.js";
import { requirePeer, seenByPeer } from "./peers.js";
import { runInPeer } from "./run.js";

/**
 * The referee is tested before it judges anyone: it must find no difference
 * where two unrelated builders agree, find one where there is one, and merge
 * layers as an unpacker that is not ours does.
 */
describe("the referee", { timeout: 120_000 }, () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const request = (dockerfile: string, out: string) => {
    writeFileSync(at("Dockerfile"), dockerfile);
    return { contextDir: at("context"), dockerfile: at("Dockerfile"), outOciTar: at(out) };
  };
  const dockerfile = [
    "FROM scratch",
    "COPY tree/ /srv/",
    "COPY --chown=5:6 tree/a /srv/b",
    'CMD ["/srv/a"]',
    "LABEL kind=test",
    "",
  ].join("\n");

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "layerwright-referee-"));
    mkdirSync(at("context/tree/deep"), { recursive: true });
    writeFileSync(at("context/tree/a"), "a\n", { mode: 0o640 });
    writeFileSync(at("context/tree/deep/c"), "c\n");
    execFileSync("ln", [at("context/tree/a"), at("context/tree/deep/linked")]);
    execFileSync("ln", ["-s", "deep/c", at("context/tree/s")]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("finds no difference where BuildKit and buildah agree", async (test) => {
    const docker = requirePeer(test, "docker28");
    await buildWithBuildKit(docker, request(dockerfile, "k.tar"));
    await buildWithBuildah(docker, request(dockerfile, "b.tar"));
    expect(compareImages(imageListing(at("k.tar")), imageListing(at("b.tar")))).toEqual([]);
  });

  it("names what differs", async (test) => {
    const docker = requirePeer(test, "docker28");
    await buildWithBuildKit(docker, request(dockerfile, "k.tar"));
    await buildWithBuildKit(
      docker,
      request(dockerfile.replace("5:6", "5:7").replace("test", "toy"), "other.tar"),
    );
    expect(compareImages(imageListing(at("k.tar")), imageListing(at("other.tar")))).toEqual([
      'config Labels: {"kind":"test"} | {"kind":"toy"}',
      "/srv/b: owner 5:6 | 5:7",
    ]);
  });

  it("merges layers as umoci does", async (test) => {
    const docker = requirePeer(test, "docker28");
    await buildWithBuildKit(docker, request(dockerfile, "k.tar"));
    execFileSync("mkdir", [at("layout")]);
    const copy = ["skopeo", "--insecure-policy", "copy", "--quiet"];
    const from = `oci-archive:${seenByPeer(docker, at("k.tar"))}`;
    await runInPeer(docker, [...copy, from, `oci:${seenByPeer(docker, at("layout"))}:it`]);
    const unpacked = await oracleRootfs(docker, at("layout"), "it");
    const { rootfs } = imageListing(at("layout"));
    unpacked.delete("");
    expect([...rootfs.keys()].sort()).toEqual([...unpacked.keys()].sort());
    for (const [path, { mode, uid, gid, sha256 }] of unpacked) {
      expect(rootfs.get(path), path).toMatchObject({ mode, uid, gid, sha256 });
    }
  });
});
