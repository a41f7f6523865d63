import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { newOwnedName } from "../../src/adapters/host/owner-mark.js";
import { createDiskOutput } from "../../src/adapters/outputs/disk-output.js";
import { digestOf } from "../../src/oci/digest.js";
import { compileChild } from "./compiled-child.js";
import { finishedImage } from "./finished-image.js";
import type { Json } from "./image-fixture.js";
import { amd64, readBase } from "./open-base.js";
import { runChild } from "./run-child.js";
import { tempFolder } from "./temp-folder.js";

function index(folder: string): Json {
  return JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
}

function names(folder: string): string[] {
  return index(folder).manifests.map((one: Json) => one.annotations?.["io.containerd.image.name"]);
}

function checkBlobs(folder: string): void {
  const blobs = join(folder, "blobs", "sha256");
  for (const name of readdirSync(blobs))
    expect(digestOf(readFileSync(join(blobs, name)))).toBe(`sha256:${name}`);
}

describe("an OCI layout as output", () => {
  it("is made, extended, and its names replaced", async () => {
    const folder = join(tempFolder(), "deep", "layout");
    const output = createDiskOutput({ type: "layout", dest: folder });
    await output.write([finishedImage(["a.example/app:v1"])]);
    await output.write([
      finishedImage(["a.example/app:v2"], ["two"]),
      finishedImage(["a.example/other:v1"], ["three"]),
    ]);
    expect(names(folder)).toEqual(["a.example/app:v1", "a.example/app:v2", "a.example/other:v1"]);
    const replaced = finishedImage(["a.example/app:v1"], ["new"]);
    await output.write([replaced]);
    expect(names(folder)).toEqual(["a.example/app:v2", "a.example/other:v1", "a.example/app:v1"]);
    expect(readdirSync(folder).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    checkBlobs(folder);
    const { layers } = await readBase({ kind: "layout", path: folder, tag: "a.example/app:v1" }, amd64);
    expect(layers.map((layer) => layer.diffId)).toEqual(replaced.layers.map((layer) => layer.diffId));
  });

  it("does not grow when the same is written again, without a name either", async () => {
    const folder = tempFolder();
    const output = createDiskOutput({ type: "layout", dest: folder });
    await output.write([finishedImage([]), finishedImage(["a.example/app:v1"])]);
    const before = readFileSync(join(folder, "index.json"));
    await output.write([finishedImage([]), finishedImage(["a.example/app:v1"])]);
    expect(readFileSync(join(folder, "index.json")).equals(before)).toBe(true);
  });

  it("keeps what others wrote, also what it does not know", async () => {
    const folder = tempFolder();
    const output = createDiskOutput({ type: "layout", dest: folder });
    await output.write([finishedImage(["a.example/app:v1"])]);
    const theirs = {
      mediaType: "application/vnd.example",
      digest: digestOf("theirs"),
      size: 6,
      annotations: { "org.opencontainers.image.ref.name": "theirs" },
      artifactType: "x",
    };
    writeFileSync(
      join(folder, "index.json"),
      JSON.stringify({ ...index(folder), manifests: [theirs], annotations: { k: "v" } }),
    );
    await output.write([finishedImage(["a.example/app:v2"])]);
    expect(index(folder)).toMatchObject({ annotations: { k: "v" }, manifests: [theirs, {}] });
  });

  it("writes a damaged blob again", async () => {
    const folder = tempFolder();
    const output = createDiskOutput({ type: "layout", dest: folder });
    const image = finishedImage(["a.example/app:v1"]);
    await output.write([image]);
    const blobs = join(folder, "blobs", "sha256");
    for (const name of readdirSync(blobs))
      writeFileSync(join(blobs, name), readFileSync(join(blobs, name)).fill(0, 0, 4));
    await output.write([image]);
    checkBlobs(folder);
  });

  it.each([
    ["that holds other things", (folder: string): void => writeFileSync(join(folder, "notes.txt"), "mine")],
    [
      "of another version",
      (folder: string): void => writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}'),
    ],
    [
      "with a garbage oci-layout",
      (folder: string): void => writeFileSync(join(folder, "oci-layout"), "garbage"),
    ],
    [
      "with a garbage index",
      (folder: string): void => {
        writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
        writeFileSync(join(folder, "index.json"), "");
      },
    ],
  ])("refuses a folder %s and leaves it alone", async (_, prepare) => {
    const folder = tempFolder();
    prepare(folder);
    const before = existsSync(join(folder, "index.json"));
    await expect(
      createDiskOutput({ type: "layout", dest: folder }).write([finishedImage([])]),
    ).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(existsSync(join(folder, "index.json"))).toBe(before);
  });

  it("refuses a file in its place", async () => {
    const path = join(tempFolder(), "file");
    writeFileSync(path, "");
    await expect(
      createDiskOutput({ type: "layout", dest: path }).write([finishedImage([])]),
    ).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
  });

  it("breaks the lock of a dead writer, and cleans up after it", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "blobs"));
    const [realm, , , random] = newOwnedName().split(".");
    const dead = `${realm}.4194305.1.${random}`;
    symlinkSync(dead, join(folder, "index.json.lock"));
    symlinkSync(dead, join(folder, "index.json.lock.break"));
    writeFileSync(join(folder, `.layerwright-${dead}`), "half");
    writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    await createDiskOutput({ type: "layout", dest: folder }).write([finishedImage(["a.example/app:v1"])]);
    expect(readdirSync(folder).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  });
});

describe("writers of one layout at the same time", () => {
  let script: string;
  beforeAll(() => {
    const child = compileChild("layout-output-child.ts");
    script = child.script;
    return child.remove;
  });

  it("lose no tag: 8 writers, 20 rounds", { timeout: 300_000 }, async () => {
    const folder = tempFolder();
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, lane) => runChild(script, [folder, `${lane}`, "20"])),
    );
    expect(runs.map((run) => run.code)).toEqual(Array.from({ length: 8 }, () => 0));
    const written = runs.flatMap((run) => run.lines).sort();
    expect(written.length).toBe(160);
    expect(names(folder).sort()).toEqual(written);
    expect(readdirSync(folder).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    checkBlobs(folder);
  });

  it("lose none either when they are killed: 56 kills", { timeout: 300_000 }, async () => {
    const folder = tempFolder();
    const written = new Set<string>();
    for (let round = 0; round < 14; round++) {
      const lanes = Array.from({ length: 4 }, (_, lane) =>
        runChild(script, [folder, `${round}-${lane}`, "1000"], Math.random() * 80),
      );
      for (const run of await Promise.all(lanes)) for (const line of run.lines) written.add(line);
      if (written.size === 0) continue;
      const present = new Set(names(folder));
      for (const name of written) expect(present.has(name)).toBe(true);
      checkBlobs(folder);
    }
    await createDiskOutput({ type: "layout", dest: folder }).write([finishedImage(["a.example/last:v1"])]);
    expect(readdirSync(folder).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  });
});
