import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../src/api/build.js";
import { lock } from "../../src/api/lock.js";
import { synth } from "../../src/api/synth.js";
import { encoderMark, encoderName } from "../../src/archive/compression.js";
import { nativeZstd } from "../../src/archive/zstd-encoder.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { exitCodeOf } from "../../src/cli/exit-codes.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { Image } from "../../src/image/image.js";
import type { Lock, LockedEncoder } from "../../src/lock/lock.js";
import { lockText } from "../../src/lock/lock.js";
import { mergeLocks } from "../../src/lock/merge-locks.js";
import { parseLock } from "../../src/lock/parse-lock.js";
import type { BuildOptions } from "../../src/project/options.js";
import { bundledFile, caCertificates } from "../../src/recipes/ca-certificates.js";

const URL = "https://example.org/data.bin";
const downloads = {
  async *fetch() {
    yield Buffer.from("data");
  },
};
/** Takes a file from outside, and no base. */
const image = Image.scratch().add(URL, "/data.bin").write("/hello", "hello\n".repeat(100));
const catalog = new Catalog("acme", { image }, { platforms: ["linux/amd64"] });

let context = "";
beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), "layerwright-encoders-"));
});
afterEach(() => rmSync(context, { recursive: true, force: true }));

const path = () => join(context, "layerwright.lock.json");
const read = (): Lock => parseLock(readFileSync(path(), "utf8"), "x");
const place = () => ({ context, store: join(context, "store"), downloads });

async function built(what: Image, more: Partial<BuildOptions> = {}) {
  const warnings: string[] = [];
  const progress = {
    report: (event: { readonly kind: string; readonly message?: string }) =>
      event.kind === "warn" && warnings.push(event.message ?? ""),
  };
  const { digest } = await build(what, { platform: "linux/amd64", ...place(), progress, ...more });
  return { digest, warnings };
}

/** The lock as a runtime wrote it whose encoder of one compression is another. */
async function lockedBy(kind: "gzip" | "zstd", change: Partial<LockedEncoder>): Promise<void> {
  await lock(catalog, place());
  const before = read();
  const mark = { ...before.encoders![kind]!, ...change };
  writeFileSync(path(), lockText({ ...before, encoders: { ...before.encoders, [kind]: mark } }));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (isLayerwrightError(error))
      return `${error.code} ${exitCodeOf({ kind: error.name, code: error.code })}`;
    throw error;
  }
  return "built";
}

/** The name of another implementation with the same rules around it. */
const nameLike = (kind: "gzip" | "zstd", implementation: string) =>
  encoderName(kind).replace(/^[^;]*/, implementation);
const OTHER = "0".repeat(64);

describe("E27: what the digests of compressed layers depend on", () => {
  it("is in a lock that `lock` writes, for both compressions", async () => {
    await lock(catalog, place());
    expect(read().encoders).toEqual({ gzip: await encoderMark("gzip"), zstd: await encoderMark("zstd") });
    expect((await lock(catalog, place())).written).toBe(false);
    expect((await built(image, { locked: true })).warnings).toEqual([]);
    expect((await built(image, { locked: true, compression: "zstd" })).warnings).toEqual([]);
  });

  it.each([undefined, "zstd:7", "none"])(
    "is in a lock that a build with compression %s writes",
    async (compression) => {
      await built(image, compression === undefined ? {} : { compression });
      // All of them, so that a lock does not depend on which verb wrote it first.
      expect(Object.keys(read().encoders ?? {})).toEqual(["gzip", "zstd"]);
    },
  );

  it("is no reason to write a lock, nor to change one that has all else", async () => {
    await built(Image.scratch().write("/hello", "hello\n"));
    expect(existsSync(path())).toBe(false);
    expect((await lock(new Catalog("acme", { a: Image.scratch() }), place())).written).toBe(false);
    await built(image);
    const { encoders: _, ...old } = read();
    writeFileSync(path(), lockText(old));
    expect((await built(image, { locked: true })).warnings).toEqual([]);
    expect(read()).toEqual(old);
    // The verb that is there for it completes it.
    expect(await lock(catalog, place())).toMatchObject({ written: true, changes: [] });
    expect(Object.keys(read().encoders ?? {})).toEqual(["gzip", "zstd"]);
  });

  it.each(["gzip", "zstd"] as const)("is said once where the bytes of %s are others here", async (kind) => {
    const other = nameLike(kind, "other/1.0");
    await lockedBy(kind, { by: other, probe: OTHER });
    const { warnings } = await built(image, { compression: kind });
    expect(warnings).toHaveLength(1);
    for (const part of [other, encoderName(kind), "lock --update encoders", "compression none"])
      expect(warnings[0]).toContain(part);
    expect(await codeOf(built(image, { compression: kind, locked: true }))).toBe("LOCK_ENCODER 6");
    const unused = kind === "gzip" ? "zstd" : "gzip";
    for (const compression of [unused, "none"])
      expect((await built(image, { compression, locked: true })).warnings).toEqual([]);
    expect((await built(Image.scratch().write("/a", "a"), { compression: kind })).warnings).toEqual([]);
  });

  it("is said once for all images of a catalog", async () => {
    await lockedBy("gzip", { by: "other/1.0", probe: OTHER });
    const two = new Catalog("acme", { image, again: image.env({ A: "1" }) }, { platforms: ["linux/amd64"] });
    const warnings: unknown[] = [];
    const report = (event: { readonly kind: string }) => void (event.kind === "warn" && warnings.push(event));
    await build(two, { ...place(), progress: { report } });
    expect(warnings).toHaveLength(1);
  });

  it("is judged by the bytes: another version that gives the same ones is the same", async () => {
    await lockedBy("gzip", { by: nameLike("gzip", "node-zlib/9.9.9") });
    expect((await built(image, { locked: true })).warnings).toEqual([]);
    // Runtimes build one version of a library in ways that give other bytes.
    await lockedBy("gzip", { probe: OTHER });
    expect((await built(image)).warnings).toHaveLength(1);
    // Other rules of layerwright around it are told by name.
    await lockedBy("gzip", { by: "node-zlib/9.9.9;other-cuts" });
    expect((await built(image)).warnings).toHaveLength(1);
  });

  it.each([[true], [["encoders"]], [["gzip"]]])("is taken anew by lock --update %j", async (update) => {
    const by = nameLike("gzip", "other/1.0");
    await lockedBy("gzip", { by, probe: OTHER });
    expect((await lock(catalog, place())).written).toBe(false);
    const { changes } = await lock(catalog, { ...place(), update });
    expect(changes).toEqual([
      {
        kind: "encoder",
        compression: "gzip",
        change: "changed",
        before: { by, probe: OTHER },
        after: await encoderMark("gzip"),
      },
    ]);
    expect((await built(image, { locked: true })).warnings).toEqual([]);
  });

  it("is read back as it was, refused where it is no mark, and merged", async () => {
    const gzip = { by: "a/1", probe: OTHER };
    const old: Lock = { images: {}, files: {}, layering: {} };
    const one: Lock = { ...old, encoders: { gzip } };
    expect(parseLock(lockText(one), "x")).toEqual(one);
    for (const [from, to] of [
      ['"gzip"', '"brotli"'],
      [OTHER, "0"],
      ['"a/1"', '""'],
      ['"by"', '"of"'],
    ] as const)
      expect(() => parseLock(lockText(one).replace(from, to), "x")).toThrow(/encoders/);
    const zstd = { by: "b/1", probe: OTHER };
    const theirs = { ...old, encoders: { gzip: { ...gzip, by: "c/1" }, zstd } };
    expect(mergeLocks(old, one, theirs).encoders).toEqual(theirs.encoders);
    expect(mergeLocks(old, old, old)).toEqual(old);
  });

  it("is a mark that is the same each time, and not the same for both", async () => {
    const marks = [await encoderMark("gzip"), await encoderMark("gzip"), await encoderMark("zstd")];
    expect(marks[0]).toEqual(marks[1]);
    expect(marks[0]?.probe).not.toBe(marks[2]?.probe);
  });
});

describe("E27: what the list of caCertificates() depends on", () => {
  const client = Image.scratch().write("/client", "x").with(caCertificates());
  const clients = new Catalog("acme", { client }, { platforms: ["linux/amd64"] });
  const own = {
    count: rootCertificates.length,
    sha256: createHash("sha256").update(bundledFile().text).digest("hex"),
  };
  /** The lock as a Node wrote it that brings another list. */
  async function lockedList(): Promise<void> {
    await lock(clients, place());
    writeFileSync(path(), lockText({ ...read(), certificates: { count: 3, sha256: OTHER } }));
  }

  it("is in a lock that `lock` writes, and in one that a build writes for something else", async () => {
    await built(client);
    expect(existsSync(path())).toBe(false);
    await lock(clients, place());
    expect(read().certificates).toEqual(own);
    expect((await lock(clients, place())).written).toBe(false);
    expect((await built(client, { locked: true })).warnings).toEqual([]);
    rmSync(path());
    await built(client.add(URL, "/data"));
    expect(read().certificates).toEqual(own);
    // Nobody has it any more.
    expect((await lock(catalog, place())).changes).toEqual([
      { kind: "certificates", change: "removed", before: own },
    ]);
    expect(read().certificates).toBeUndefined();
  });

  it("is said once where this Node brings another one, and refused under locked", async () => {
    await lockedList();
    const { warnings } = await built(client);
    expect(warnings).toHaveLength(1);
    for (const part of [
      "3 certificates",
      `${own.count} certificates`,
      "lock --update certificates",
      "{ pem }",
    ])
      expect(warnings[0]).toContain(part);
    expect(await codeOf(built(client, { locked: true }))).toBe("LOCK_CERTIFICATES 6");
    expect((await built(client, { lock: false })).warnings).toEqual([]);
    // A list of one's own is the same on every Node.
    const given = Image.scratch().with(caCertificates({ pem: rootCertificates[0]! }));
    expect((await built(given, { locked: true })).warnings).toEqual([]);
  });

  it("is refused by a synthesis under locked", async () => {
    await lockedList();
    const out = { context, out: join(context, "out") };
    expect(await codeOf(synth(clients, { ...out, locked: true }))).toBe("LOCK_CERTIFICATES 6");
  });

  it("is said once by a synthesis of several images", async () => {
    await lockedList();
    const two = { client, again: client.env({ A: "1" }), other: Image.scratch().write("/a", "a") };
    const catalog = new Catalog("acme", two, { platforms: ["linux/amd64", "linux/arm64"] });
    const out = { context, out: join(context, "out") };
    const warnings = async (more: { readonly lock?: false } = {}) =>
      (await synth(catalog, { ...out, ...more })).images.map(({ warnings: each }) => each);
    const [first, ...others] = await warnings();
    expect(first).toEqual([
      {
        code: "LOCK_CERTIFICATES",
        message: expect.stringMatching(/3 certificates.*lock --update certificates/),
        origin: expect.objectContaining({ file: expect.stringMatching(/encoders\.test\.ts$/) }),
      },
    ]);
    expect(others).toEqual([[], []]);
    expect(await warnings({ lock: false })).toEqual([[], [], []]);
    await lock(clients, { ...place(), update: ["certificates"] });
    expect(await warnings()).toEqual([[], [], []]);
  });

  it("is taken anew by lock --update certificates", async () => {
    await lockedList();
    expect((await lock(clients, place())).written).toBe(false);
    const { changes } = await lock(clients, { ...place(), update: ["certificates"] });
    expect(changes).toMatchObject([{ kind: "certificates", change: "changed", after: own }]);
    expect((await built(client, { locked: true })).warnings).toEqual([]);
  });

  it("is read back as it was, refused where it is none, and merged", () => {
    const old: Lock = { images: {}, files: {}, layering: {} };
    const one: Lock = { ...old, certificates: { count: 3, sha256: OTHER } };
    expect(parseLock(lockText(one), "x")).toEqual(one);
    for (const [from, to] of [
      [OTHER, "0"],
      ["3", '"3"'],
      ['"count"', '"of"'],
    ] as const)
      expect(() => parseLock(lockText(one).replace(from, to), "x")).toThrow(/certificates/);
    expect(mergeLocks(old, one, { ...old, certificates: own }).certificates).toEqual(own);
  });
});

/** Programs of other runtimes to compare, as in PATH. */
const runtimes = (process.env["LAYERWRIGHT_NODES"] ?? "").split(delimiter).filter((path) => path !== "");

describe("E27: runtimes that may share a store", () => {
  it.skipIf(runtimes.length < 2)(
    "give the same bytes under the same id (LAYERWRIGHT_NODES names at least two)",
    () => {
      const module = import.meta.resolve("../../src/archive/compression.ts");
      const script = `
        const { encoderFor, encoderMark } = await import("${module}");
        const marks = [];
        for (const kind of ["gzip", "zstd"])
          marks.push([encoderFor(kind).id, (await encoderMark(kind)).probe]);
        console.log(JSON.stringify(marks));
      `;
      const probes = new Map<string, string>();
      for (const runtime of runtimes) {
        const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", script];
        const said = execFileSync(runtime, args, { encoding: "utf8" });
        for (const [id, probe] of JSON.parse(said) as [string, string][]) {
          expect(probes.get(id) ?? probe, `${runtime}: ${id}`).toBe(probe);
          probes.set(id, probe);
        }
      }
    },
  );

  const native = nativeZstd();
  it.skipIf(native === undefined)("state the size of what is in a frame", async () => {
    // The frame header descriptor: a single segment, whose size is in the header (RFC 8878 section 3.1.1.1.1).
    const frame = await native!(Buffer.alloc(5000, "text"), 3);
    expect(frame[4]! & 0x20).toBe(0x20);
  });
});
