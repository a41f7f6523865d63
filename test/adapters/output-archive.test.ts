import { spawnSync } from "node:child_process";
import {
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDiskOutput } from "../../src/adapters/outputs/disk-output.js";
import { TarParser } from "../../src/archive/tar-parser.js";
import { digestOf } from "../../src/oci/digest.js";
import { finishedImage } from "./finished-image.js";
import type { Json } from "./image-fixture.js";
import { amd64, readBase } from "./open-base.js";
import { tempFolder } from "./temp-folder.js";

const NAME = "docker.io/library/app:v1";

async function write(
  type: "archive" | "oci",
  ...images: Parameters<typeof finishedImage>[]
): Promise<string> {
  const path = join(tempFolder(), "image.tar");
  await createDiskOutput({ type, dest: path }).write(images.map((image) => finishedImage(...image)));
  return path;
}

function contents(path: string): Map<string, Buffer> {
  const tar = readFileSync(path);
  const files = new Map<string, Buffer>();
  const parser = new TarParser(
    {
      entry: ({ path: name, size, mode, uid, gid, mtime, type }, { data }) => {
        expect({ uid, gid, mtime, mode }).toEqual({
          uid: 0,
          gid: 0,
          mtime: 0,
          mode: type === "folder" ? 0o755 : 0o644,
        });
        files.set(name, tar.subarray(data, data + size));
      },
    },
    path,
  );
  parser.feed(tar);
  parser.end();
  return files;
}

function document(files: Map<string, Buffer>, name: string): Json {
  return JSON.parse(files.get(name)!.toString());
}

describe("the archive that every loader takes", () => {
  it("has the documents first, then each blob once in byte order", async () => {
    const image = finishedImage([NAME], ["one", "two", "one"]);
    const path = join(tempFolder(), "image.tar");
    await createDiskOutput({ type: "archive", dest: path }).write([image]);
    const files = contents(path);
    const names = Array.from(files.keys());
    expect(names.slice(0, 5)).toEqual(["blobs", "blobs/sha256", "oci-layout", "index.json", "manifest.json"]);
    expect(names.slice(5)).toEqual(names.slice(5).sort());
    expect(names.length).toBe(5 + 4);
    for (const name of names.slice(5))
      expect(digestOf(files.get(name)!)).toBe(`sha256:${name.slice("blobs/sha256/".length)}`);
    expect(files.get("oci-layout")!.toString()).toBe('{"imageLayoutVersion":"1.0.0"}');
    const blob = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
    expect(document(files, "manifest.json")).toEqual([
      {
        Config: blob(image.config.descriptor.digest),
        RepoTags: [NAME],
        Layers: image.layers.map((layer) => blob(layer.descriptor.digest)),
      },
    ]);
    expect(document(files, "index.json")).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [
        {
          ...image.manifest.descriptor,
          annotations: { "io.containerd.image.name": NAME, "org.opencontainers.image.ref.name": "v1" },
        },
      ],
    });
    const size = statSync(path).size;
    expect(
      readFileSync(path)
        .subarray(size - 1024)
        .every((byte) => byte === 0),
    ).toBe(true);
    expect(readFileSync(path).subarray(0, 512).toString("latin1", 257, 265)).toBe("ustar\x0000");
  });

  it("opens as both kinds of base", async () => {
    const path = await write("archive", [[NAME, "example.com:5000/other/app:v2"]]);
    const image = finishedImage([]);
    for (const location of [
      { kind: "layout" as const, tag: "v1" },
      { kind: "archive" as const, tag: "v2" },
    ]) {
      const { layers, blobs } = await readBase({ ...location, path }, amd64);
      expect(layers.map((layer) => layer.diffId)).toEqual(image.layers.map((layer) => layer.diffId));
      expect(blobs.length).toBe(2);
    }
  });

  it("has the same bytes each time and for a stream", async () => {
    const path = await write("archive", [[NAME]]);
    const stream = new PassThrough();
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(Buffer.from(piece)));
    await createDiskOutput({ type: "archive", dest: stream }).write([finishedImage([NAME])]);
    await new Promise(setImmediate);
    expect(Buffer.concat(pieces).equals(readFileSync(path))).toBe(true);
    expect(readFileSync(await write("archive", [[NAME]])).equals(readFileSync(path))).toBe(true);
  });

  it("without a reference has no tag", async () => {
    const files = contents(await write("archive", [[]]));
    expect(document(files, "manifest.json")[0].RepoTags).toBeNull();
    expect(document(files, "index.json").manifests[0].annotations).toBeUndefined();
  });

  it("G15: holds an image without layers, as docker load, podman and crane take it", async () => {
    const path = await write("archive", [[NAME], []]);
    expect(document(contents(path), "manifest.json")[0].Layers).toEqual([]);
    for (const kind of ["layout", "archive"] as const)
      expect((await readBase({ kind, path }, amd64)).layers).toEqual([]);
  });

  it("may hold several images, and is read by tar", async () => {
    const path = await write("archive", [["a.example/a:1"], ["one"]], [["a.example/b:1"], ["one", "three"]]);
    const files = contents(path);
    expect(document(files, "manifest.json").length).toBe(2);
    const listed = spawnSync("tar", ["-tf", path]);
    expect(listed.status).toBe(0);
    expect(listed.stdout.toString().split("\n").filter(Boolean).length).toBe(files.size);
  });

  it.each([
    [
      "OUTPUT_PLATFORMS",
      [finishedImage([NAME]), finishedImage([NAME], ["one"], { os: "linux", architecture: "arm64" })],
    ],
    ["OUTPUT_NAME_TWICE", [finishedImage([NAME]), finishedImage([NAME], ["other"])]],
    ["OUTPUT_REFERENCE_INVALID", [finishedImage(["app"])]],
    ["OUTPUT_REFERENCE_INVALID", [finishedImage(["app:v1"])]],
    ["OUTPUT_REFERENCE_INVALID", [finishedImage(["docker.io/library/app:-v1"])]],
  ] as const)("refuses with %s what some loader does not take", async (code, images) => {
    const path = join(tempFolder(), "image.tar");
    await expect(createDiskOutput({ type: "archive", dest: path }).write(images)).rejects.toMatchObject({
      code,
    });
    expect(existsSync(path)).toBe(false);
  });
});

describe("an OCI layout in a tar", () => {
  it("holds several platforms under one name, and images without layers", async () => {
    const arm = { os: "linux", architecture: "arm64" };
    const path = await write("oci", [[NAME]], [[NAME], ["arm"], arm], [["docker.io/library/empty:v2"], []]);
    const files = contents(path);
    expect(files.has("manifest.json")).toBe(false);
    expect(document(files, "index.json").manifests.length).toBe(2);
    for (const platform of [amd64, arm]) {
      const { config } = await readBase({ kind: "layout", path, tag: "v1" }, platform);
      expect(config.architecture).toBe(platform.architecture);
    }
    expect((await readBase({ kind: "layout", path, tag: "v2" })).layers).toEqual([]);
  });
});

describe("a file as output", () => {
  const image = finishedImage([NAME]);

  it("appears whole or not at all, and what was there stays after a failure", async () => {
    const folder = tempFolder();
    const dest = join(folder, "new", "image.tar");
    const output = createDiskOutput({ type: "archive", dest });
    const [layer] = image.layers;
    const broken = (size: number, blob: () => AsyncGenerator<Uint8Array>) => ({
      ...image,
      layers: [{ ...layer!, descriptor: { ...layer!.descriptor, size }, blob }],
    });
    const failing = broken(layer!.descriptor.size, async function* () {
      yield Buffer.from("x");
      throw new Error("read failed");
    });
    await expect(output.write([failing])).rejects.toThrow("read failed");
    for (const size of [5, 10_000]) {
      await expect(output.write([broken(size, layer!.blob as never)])).rejects.toMatchObject({
        code: "OUTPUT_BLOB_WRONG",
      });
    }
    expect(readdirSync(join(folder, "new"))).toEqual([]);
    await output.write([image]);
    const before = readFileSync(dest);
    await expect(output.write([failing])).rejects.toThrow("read failed");
    expect(readFileSync(dest).equals(before)).toBe(true);
    expect(readdirSync(join(folder, "new"))).toEqual(["image.tar"]);
  });

  it("is not a folder and not one of the inputs", async () => {
    const folder = tempFolder();
    await expect(createDiskOutput({ type: "oci", dest: folder }).write([image])).rejects.toMatchObject({
      code: "OUTPUT_IS_FOLDER",
    });
    const input = join(folder, "base.tar");
    writeFileSync(input, "base");
    symlinkSync(input, join(folder, "link.tar"));
    for (const dest of [input, join(folder, "link.tar"), join(folder, ".", "base.tar")]) {
      const output = createDiskOutput({ type: "oci", dest, inputs: [input] });
      await expect(output.write([image])).rejects.toMatchObject({ code: "OUTPUT_IS_INPUT" });
    }
    expect(readFileSync(input, "utf8")).toBe("base");
  });

  it("may be named by a link, which stays", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real", "old.tar"), "old");
    symlinkSync("real/old.tar", join(folder, "link.tar"));
    symlinkSync("real/missing.tar", join(folder, "dangling.tar"));
    for (const name of ["link.tar", "dangling.tar"]) {
      await createDiskOutput({ type: "oci", dest: join(folder, name) }).write([image]);
      expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
      expect(statSync(join(folder, name)).size).toBeGreaterThan(1000);
    }
    expect(readdirSync(join(folder, "real")).sort()).toEqual(["missing.tar", "old.tar"]);
    symlinkSync("loop.tar", join(folder, "loop.tar"));
    await expect(
      createDiskOutput({ type: "oci", dest: join(folder, "loop.tar") }).write([image]),
    ).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
    });
  });

  it("may be a pipe or a device", async () => {
    await createDiskOutput({ type: "oci", dest: "/dev/null" }).write([image]);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
    const pipe = join(tempFolder(), "pipe");
    spawnSync("mkfifo", [pipe]);
    const read = new Promise<Buffer>((resolve) => {
      const pieces: Buffer[] = [];
      createReadStream(pipe)
        .on("data", (piece) => pieces.push(piece as Buffer))
        .on("end", () => resolve(Buffer.concat(pieces)));
    });
    // The reader opens in the thread pool, and a synchronous open of the writer waits for it.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await createDiskOutput({ type: "oci", dest: pipe }).write([image]);
    expect((await read).equals(readFileSync(await write("oci", [[NAME]])))).toBe(true);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "that does not fit on the disk is said so, and leaves nothing",
    async () => {
      const folder = tempFolder();
      if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]).status !== 0) return;
      try {
        const big = finishedImage([NAME], ["big"]);
        const [layer] = big.layers;
        const size = 200_000;
        const full = {
          ...big,
          layers: [
            {
              ...layer!,
              descriptor: { ...layer!.descriptor, size },
              blob: async function* () {
                yield Buffer.alloc(size);
              },
            },
          ],
        };
        await expect(
          createDiskOutput({ type: "archive", dest: join(folder, "a.tar") }).write([full]),
        ).rejects.toMatchObject({ code: "DISK_FULL" });
        await expect(
          createDiskOutput({ type: "layout", dest: join(folder, "layout") }).write([full]),
        ).rejects.toMatchObject({ code: "DISK_FULL" });
        expect(existsSync(join(folder, "a.tar"))).toBe(false);
        expect(readdirSync(folder)).toEqual(["layout"]);
        expect(readdirSync(join(folder, "layout")).filter((name) => name.startsWith(".layer"))).toEqual([]);
        expect(existsSync(join(folder, "layout", "index.json"))).toBe(false);
      } finally {
        spawnSync("umount", ["-l", folder]);
      }
    },
  );
});

describe("a stream as output", () => {
  it("that is closed by its reader ends the writing with OUTPUT_CLOSED", async () => {
    for (const code of ["EPIPE", "ERR_STREAM_DESTROYED"]) {
      let writes = 0;
      const stream = new Writable({
        write(_chunk, _encoding, done) {
          writes++;
          done(writes > 3 ? Object.assign(new Error(code), { code, syscall: "write" }) : null);
        },
      });
      await expect(
        createDiskOutput({ type: "archive", dest: stream }).write([finishedImage([NAME])]),
      ).rejects.toMatchObject({ code: "OUTPUT_CLOSED" });
    }
    const closed = new PassThrough();
    closed.destroy();
    await expect(
      createDiskOutput({ type: "archive", dest: closed }).write([finishedImage([NAME])]),
    ).rejects.toMatchObject({ code: "OUTPUT_CLOSED" });
  });

  it("gets the right bytes from a blob that is read into the same memory again and again", async () => {
    const image = finishedImage([NAME]);
    const layers = image.layers.map((layer) => ({
      ...layer,
      async *blob() {
        const memory = Buffer.alloc(7);
        for await (const chunk of layer.blob()) {
          for (let at = 0; at < chunk.length; at += memory.length) {
            const part = chunk.subarray(at, at + memory.length);
            memory.set(part);
            yield memory.subarray(0, part.length);
          }
        }
      },
    }));
    const stream = new PassThrough({ highWaterMark: 1 << 30 });
    await createDiskOutput({ type: "archive", dest: stream }).write([{ ...image, layers }]);
    expect((stream.read() as Buffer).equals(readFileSync(await write("archive", [[NAME]])))).toBe(true);
  });

  it("gets the same bytes however slow it is", async () => {
    const expected = readFileSync(await write("archive", [[NAME]]));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), fc.boolean(), async (highWaterMark, slow) => {
        const pieces: Buffer[] = [];
        const stream = new Writable({
          highWaterMark,
          write(chunk: Buffer, _encoding, done) {
            pieces.push(Buffer.from(chunk));
            if (slow) setImmediate(done);
            else done();
          },
        });
        await createDiskOutput({ type: "archive", dest: stream }).write([finishedImage([NAME])]);
        expect(Buffer.concat(pieces).equals(expected)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
