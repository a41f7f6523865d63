import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../src/api/build.js";
import { dockerfile } from "../../src/api/dockerfile.js";
import { lock } from "../../src/api/lock.js";
import { plan } from "../../src/api/plan.js";
import { synth } from "../../src/api/synth.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { Image } from "../../src/image/image.js";
import { entryText } from "../../src/lock/lock-needs.js";
import { parseLock } from "../../src/lock/parse-lock.js";
import { digestOf } from "../../src/oci/digest.js";
import type { LockVerbOptions } from "../../src/project/lock/lock.js";
import { openStore } from "../../src/project/workspace.js";
import { caCertificates } from "../../src/recipes/ca-certificates.js";
import type { TarInput } from "../fixtures/tar-bytes.js";
import { RegistryDouble } from "../lock/registry-double.js";

let context = "";
let registry = new RegistryDouble();
beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), "layerwright-lock-"));
  registry = new RegistryDouble();
});
afterEach(() => rmSync(context, { recursive: true, force: true }));

let body = "data";
const downloads = {
  async *fetch() {
    yield Buffer.from(body);
  },
};
const platforms = { platforms: ["linux/amd64", "linux/arm64"] };
const catalogOf = (...references: string[]) =>
  new Catalog(
    "acme",
    Object.fromEntries(references.map((reference, index) => [`image-${index}`, Image.from(reference)])),
    platforms,
  );
const options = (more: LockVerbOptions = {}): LockVerbOptions => ({
  context,
  store: join(context, "store"),
  registry,
  downloads,
  bases: registry,
  ...more,
});
const lockFile = () => join(context, "layerwright.lock.json");
const images = () => parseLock(readFileSync(lockFile(), "utf8"), "x").images;
const both = (...layers: string[]) => ({ "linux/amd64": layers, "linux/arm64": [...layers, "arm"] });

async function codeOf(work: () => unknown) {
  try {
    await work();
  } catch (error) {
    if (isLayerwrightError(error)) return error.code;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("lock", () => {
  it("writes all references and files for all platforms, and drops what nobody uses", async () => {
    registry.publish("debian:12", both("one"));
    registry.publish("alpine:3.20", both("two"));
    const first = await lock(catalogOf("debian:12", "alpine:3.20"), options());
    expect(first.written).toBe(true);
    expect(first.path).toBe(lockFile());
    expect(first.missing.map(entryText)).toHaveLength(4);
    expect(first.changes.map(({ change }) => change)).toEqual(["added", "added", "added", "added"]);
    const second = await lock(catalogOf("debian:12"), options());
    expect(second.unused.map(entryText)).toEqual([
      "docker.io/library/alpine:3.20 (linux/amd64)",
      "docker.io/library/alpine:3.20 (linux/arm64)",
    ]);
    expect(Object.keys(images())).toEqual(["docker.io/library/debian:12"]);
    expect((await lock(catalogOf("debian:12"), options())).written).toBe(false);
  });

  it("writes nothing for a catalog that takes nothing from outside", async () => {
    const { written } = await lock(new Catalog("acme", { a: Image.scratch().write("/a", "1") }), options());
    expect(written).toBe(false);
    expect(existsSync(lockFile())).toBe(false);
  });

  it("only checks, where asked", async () => {
    const { missing, written } = await lock(catalogOf("debian:12"), options({ check: true }));
    expect(missing).toHaveLength(2);
    expect(written).toBe(false);
    expect(registry.asked).toEqual([]);
    expect(existsSync(lockFile())).toBe(false);
  });
});

describe("lock with update", () => {
  it("looks up again what the names mean and nothing else, and says what became of layers and size", async () => {
    const before = registry.publish("debian:12", both("base", "old"));
    const alpine = registry.publish("alpine:3.20", both("two"));
    const catalog = catalogOf("debian:12", "alpine:3.20");
    await lock(catalog, options());
    const after = registry.publish("debian:12", both("base", "newer"));
    registry.publish("alpine:3.20", both("three"));
    expect((await lock(catalog, options())).written).toBe(false);
    const { changes } = await lock(catalog, options({ update: ["debian"] }));
    expect(changes).toHaveLength(2);
    expect(changes[0]).toMatchObject({
      change: "changed",
      platform: "linux/amd64",
      before: { digest: before, size: 7 },
      after: { digest: after, size: 9 },
      layers: { kept: 1, new: 1 },
    });
    expect(changes[1]).toMatchObject({ platform: "linux/arm64", layers: { kept: 2, new: 1 } });
    expect(changes[0]).not.toHaveProperty("packages");
    expect(images()["docker.io/library/alpine:3.20"]?.digest).toBe(alpine);
    expect((await lock(catalog, options({ update: true }))).changes).toHaveLength(2);
    expect(images()["docker.io/library/alpine:3.20"]?.digest).not.toBe(alpine);
  });

  it("says nothing of layers when the registry no longer has the old image", async () => {
    registry.publish("debian:12", both("old"));
    await lock(catalogOf("debian:12"), options());
    const old = images()["docker.io/library/debian:12"]!.platforms["linux/amd64"]!.digest;
    registry.publish("debian:12", both("new"));
    registry.forget(old);
    const { changes } = await lock(catalogOf("debian:12"), options({ update: true }));
    expect(changes[0]).not.toHaveProperty("layers");
    expect(changes[1]).toHaveProperty("layers");
  });

  it("fetches files again", async () => {
    body = "data";
    const catalog = new Catalog("acme", { a: Image.scratch().add("https://example.org/data.bin", "/data") });
    await lock(catalog, options());
    body = "other data";
    expect((await lock(catalog, options({ update: ["data.bin"] }))).changes).toEqual([
      {
        kind: "file",
        url: "https://example.org/data.bin",
        change: "changed",
        before: { sha256: digestOf("data").slice(7), size: 4 },
        after: { sha256: digestOf("other data").slice(7), size: 10 },
      },
    ]);
  });

  it("refuses a name that means nothing", async () => {
    const work = () => lock(catalogOf("debian:12"), options({ update: ["debain:12"] }));
    expect(await codeOf(work)).toBe("LOCK_NAME_UNKNOWN");
    await expect(work).rejects.toMatchObject({ hint: "did you mean debian:12?" });
    expect(registry.asked).toEqual([]);
  });
});

describe("packages of a base that changed", () => {
  const file = (path: string, text: string): TarInput[] => {
    const folders = path.split("/").slice(0, -1);
    return [
      ...folders.map((_, at) => ({ path: `${folders.slice(0, at + 1).join("/")}/`, type: "dir" as const })),
      { path, type: "file", data: Buffer.from(text) },
    ];
  };
  const dpkg = (version: string) =>
    file("var/lib/dpkg/status", `Package: libc6\nStatus: install ok installed\nVersion: ${version}\n`);
  const apk = (version: string) => file("lib/apk/db/installed", `P:musl\nV:${version}\n\n`);
  const one = { platforms: ["linux/amd64"] };

  it("are compared where asked, for Debian and Alpine", async () => {
    const catalog = new Catalog("acme", { d: Image.from("debian:12"), a: Image.from("alpine:3.20") }, one);
    registry.publish("debian:12", { "linux/amd64": [dpkg("2.36-9")] });
    registry.publish("alpine:3.20", { "linux/amd64": [apk("1.2.4")] });
    await lock(catalog, options());
    registry.publish("debian:12", { "linux/amd64": [dpkg("2.36-10")] });
    registry.publish("alpine:3.20", { "linux/amd64": [apk("1.2.5")] });
    const { changes } = await lock(catalog, options({ update: true, packages: true }));
    expect(changes.map((change) => change.packages)).toEqual([
      [{ name: "musl", before: "1.2.4", after: "1.2.5" }],
      [{ name: "libc6", before: "2.36-9", after: "2.36-10" }],
    ]);
  });

  it("are compared without asking where all layers are in the store", async () => {
    const catalog = new Catalog("acme", { d: Image.from("debian:12") }, one);
    registry.publish("debian:12", { "linux/amd64": [dpkg("1")] });
    await lock(catalog, options());
    registry.publish("debian:12", { "linux/amd64": [dpkg("2")] });
    const store = await openStore(join(context, "store"));
    const { tarBytes } = await import("../fixtures/tar-bytes.js");
    for (const layer of [dpkg("1"), dpkg("2")]) {
      const writer = await store.writer();
      writer.write(tarBytes(layer));
      await writer.commit();
    }
    await store.close();
    const { changes } = await lock(catalog, options({ update: true }));
    expect(changes[0]?.packages).toEqual([{ name: "libc6", before: "1", after: "2" }]);
  });

  it("are left out for an image that keeps no list", async () => {
    registry.publish("debian:12", { "linux/amd64": [file("etc/a", "1")] });
    const catalog = new Catalog("acme", { d: Image.from("debian:12") }, one);
    await lock(catalog, options());
    registry.publish("debian:12", { "linux/amd64": [file("etc/a", "2")] });
    const { changes } = await lock(catalog, options({ update: true, packages: true }));
    expect(changes[0]).toHaveProperty("layers");
    expect(changes[0]).not.toHaveProperty("packages");
  });
});

describe("the verbs", () => {
  const url = "https://example.org/data.bin";
  const fetching = Image.scratch().add(url, "/data", { mode: 0o644 });
  const from = async (reference: string) => {
    const text = await dockerfile(Image.from(reference).cmd(["a"]), { context, platform: "linux/amd64" });
    return /^FROM \S+/m.exec(text)?.[0];
  };

  it("write FROM with the user's spelling, a tag, and the digest of the index", async () => {
    const digest = registry.publish("debian:12", both("one"));
    const latest = registry.publish("debian", both("two"));
    const local = registry.publish("localhost:5000/app", both("three"));
    await lock(catalogOf("debian:12", "debian", "localhost:5000/app"), options());
    expect(await from("debian:12")).toBe(`FROM debian:12@${digest}`);
    expect(await from("docker.io/library/debian:12")).toBe(`FROM docker.io/library/debian:12@${digest}`);
    // A tag is always written: people read from it what the digest was.
    expect(await from("debian")).toBe(`FROM debian:latest@${latest}`);
    expect(await from("localhost:5000/app")).toBe(`FROM localhost:5000/app:latest@${local}`);
    expect(await from(`debian:12@${latest}`)).toBe(`FROM debian:12@${latest}`);
    expect(await from("alpine")).toBe("FROM alpine");
    const floating = await dockerfile(Image.from("debian:12").cmd(["a"]), { context, lock: false });
    expect(floating).toContain("FROM debian:12 AS");
    const { out, images: written } = await synth(catalogOf("debian:12"), { context });
    expect(readFileSync(join(out, "image-0/Dockerfile"), "utf8")).toContain(`FROM debian:12@${digest}`);
    expect(written).toHaveLength(1);
    expect((await plan(Image.from("debian:12"), { context })).stages[0]?.base).toEqual({
      kind: "registry",
      reference: "debian:12",
      digest,
    });
    const locked = () => synth(catalogOf("alpine"), { context, locked: true });
    expect(await codeOf(locked)).toBe("LOCK_INCOMPLETE");
  });

  it("have a Dockerfile verify the sha256 of the lock, and refuse a file without any", async () => {
    body = "data";
    expect(await codeOf(() => dockerfile(fetching, { context }))).toBe("ADD_NOT_LOCKED");
    await lock(new Catalog("acme", { a: fetching }), options());
    expect(await dockerfile(fetching, { context })).toMatch(
      new RegExp(`--checksum=${digestOf("data")} .*${url}`),
    );
  });

  it("build a file by its sha256, whatever the URL gives later", async () => {
    body = "data";
    const { lock: _, check: __, update: ___, packages: ____, ...building } = options();
    const [first] = [await build(fetching, building)];
    expect(existsSync(lockFile())).toBe(true);
    body = "moved";
    expect((await build(fetching, { ...building, offline: true })).digest).toBe(first?.digest);
    const catalog = new Catalog("acme", { a: fetching, b: fetching }, platforms);
    const results = await build(catalog, { ...building, locked: true });
    expect(results.b.map(({ size }) => size)).toEqual(results.a.map(({ size }) => size));
    expect(await codeOf(() => build(fetching, { ...building, lock: false }))).toBe("ADD_NOT_LOCKED");
    writeFileSync(lockFile(), "<<<<<<< ours\n");
    expect(await codeOf(() => build(fetching, building))).toBe("LOCK_CONFLICT");
  });

  it("pin the list of caCertificates({ url }), in both syntheses", async () => {
    const [first = "", second = ""] = rootCertificates;
    body = first;
    const client = Image.scratch().with(caCertificates({ url }));
    await lock(new Catalog("acme", { client }), options());
    const { lock: _, check: __, update: ___, packages: ____, ...building } = options();
    const { digest } = await build(client, { ...building, locked: true });
    body = second;
    expect((await build(client, { ...building, locked: true })).digest).toBe(digest);
    expect(await dockerfile(client, { context })).toMatch(
      new RegExp(`--checksum=${digestOf(first)} .*${url}`),
    );
    await lock(new Catalog("acme", { client }), { ...options(), update: [url] });
    expect(await dockerfile(client, { context })).toContain(`--checksum=${digestOf(second)} `);
  });
});
