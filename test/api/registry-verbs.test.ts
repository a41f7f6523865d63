import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Image } from "layerwright";
import { expect, describe as group, test } from "vitest";
import { createRegistryOutput } from "../../src/adapters/outputs/registry-output.js";
import { push } from "../../src/api/build.js";
import { copy, pull } from "../../src/api/registry.js";
import { finishedImage } from "../adapters/finished-image.js";
import { client, failure, reference, requestLines, served } from "../adapters/registry-http/client.js";
import { tempFolder } from "../adapters/temp-folder.js";
import { requirePeer } from "../peers/peers.js";
import { requireRegistry, startRealRegistry } from "../peers/real-registry.js";
import { runInPeer } from "../peers/run.js";

const AMD = { os: "linux", architecture: "amd64" } as const;
const ARM = { os: "linux", architecture: "arm64" } as const;
const platforms = ["linux/amd64"];

/** A registry with a base of two layers for two platforms, whose log is empty. */
async function withBase() {
  const registry = await served();
  const base = `${registry.host}/acme/base:v1`;
  const images = [finishedImage([base], ["one", "two"], AMD), finishedImage([base], ["one", "three"], ARM)];
  await createRegistryOutput({ registry: client() }).write(images);
  registry.memory.requests.length = 0;
  const layers = images.map((image) => image.layers.map(({ descriptor }) => descriptor.digest));
  const options = { store: join(tempFolder(), "store"), registry: client(), lock: false } as const;
  return { ...registry, base, images, layers, options };
}

group("push", () => {
  test("an image over a base of a registry loads no layer, and links those of the base", async () => {
    const { memory, host, base, layers, options } = await withBase();
    const image = Image.from(base).write("/x", "hello");
    const { images, blobs } = await push(image, `${host}/acme/app:v1`, { ...options, platforms });
    expect(blobs).toMatchObject({ mounted: 2, uploaded: 2 });
    const loaded = requestLines(memory).filter((line) => layers.flat().some((it) => line === get(it)));
    expect(loaded).toEqual([]);
    const { descriptor } = await client().document(reference(host));
    expect(images[0]?.descriptor.digest).toBe(descriptor.digest);
  });

  test("one that looks into the base loads each layer once, for many images", async () => {
    const { memory, host, base, layers, options } = await withBase();
    const below = Image.from(base).mkdir("/made/here");
    for (const [at, image] of [below, below.write("/y", "1"), below.write("/z", "2")].entries())
      await push(image, `${host}/acme/app${at}:v1`, { ...options, platforms });
    for (const digest of layers[0]!)
      expect(requestLines(memory).filter((line) => line === get(digest)).length).toBeLessThanOrEqual(1);
    expect(requestLines(memory)).toContain(get(layers[0]![0]!));
  });

  test("platforms become an index", async () => {
    const { host, base, options } = await withBase();
    const image = Image.from(base).write("/x", "hello");
    const both = ["linux/amd64", "linux/arm64"];
    const { images } = await push(image, `${host}/acme/app:v1`, { ...options, platforms: both });
    const { bytes, descriptor } = await client().document(reference(host));
    expect(images.map((it) => it.descriptor.digest)).toEqual([descriptor.digest]);
    const { manifests } = JSON.parse(Buffer.from(bytes).toString());
    expect(manifests.map((it: { platform: { architecture: string } }) => it.platform.architecture)).toEqual([
      "amd64",
      "arm64",
    ]);
  });

  test("what is not there says so", async () => {
    const { host, options } = await withBase();
    const image = Image.from(`${host}/acme/none:v1`).write("/x", "1");
    const error = await failure(push(image, `${host}/acme/app:v1`, { ...options, platforms }));
    expect(error).toMatchObject({ code: "MANIFEST_NOT_FOUND" });
  });
});

group("pull", () => {
  test("gives the manifest and the layers byte for byte", async () => {
    const { base, images, options } = await withBase();
    const dest = join(tempFolder(), "layout");
    const { digests } = await pull(base, { ...options, platforms, output: { type: "layout", dest } });
    const [image] = images;
    expect(digests).toEqual([image!.manifest.descriptor.digest]);
    const blob = (digest: string) => readFileSync(join(dest, "blobs/sha256", digest.slice(7)));
    expect(blob(digests[0]!).equals(image!.manifest.bytes)).toBe(true);
    for (const { descriptor } of image!.layers) expect(blob(descriptor.digest)).toHaveLength(descriptor.size);
  });

  test("loads no layer that the store has", async () => {
    const { memory, base, layers, options } = await withBase();
    const folder = tempFolder();
    const below = Image.from(base).mkdir("/made/here");
    await push(below, `${base.split("/")[0]}/acme/app:v1`, { ...options, platforms });
    memory.requests.length = 0;
    await pull(base, { ...options, platforms, output: join(folder, "image.tar") });
    const first = layers[0]![0]!;
    expect(requestLines(memory).filter((line) => line === get(first))).toEqual([]);
  });

  test("a registry that fails leaves no file", async () => {
    const { memory, base, options } = await withBase();
    const output = join(tempFolder(), "image.tar");
    memory.faults.add({
      match: { path: /base\/blobs/ },
      skip: 1,
      times: Number.POSITIVE_INFINITY,
      status: 403,
    });
    const error = await failure(pull(base, { ...options, platforms, output }));
    expect(error).toMatchObject({ code: "REGISTRY_DENIED" });
    expect(existsSync(output)).toBe(false);
  });

  test("row 20: a tag that moves in the middle changes nothing", async () => {
    const { memory, host, base, images, options } = await withBase();
    const other = finishedImage([base], ["other"]);
    let moved = false;
    memory.faults.add({
      match: ({ url, method }) => method === "GET" && !url.endsWith("/v1"),
      respond: async (_, pass) => {
        moved = true;
        memory.faults.clear();
        await createRegistryOutput({ registry: client() }).write([other]);
        return pass();
      },
    });
    const dest = join(tempFolder(), "layout");
    const { digests } = await pull(base, { ...options, platforms, output: { type: "layout", dest } });
    expect(moved).toBe(true);
    expect(digests).toEqual([images[0]!.manifest.descriptor.digest]);
    expect((await client().resolve(reference(host, "acme/base:v1")))?.digest).toBe(
      other.manifest.descriptor.digest,
    );
  });
});

group("copy", () => {
  test("an index with all that it names, to another registry and within one", async () => {
    const { memory, host, base, options } = await withBase();
    const other = await served();
    const to = `${other.host}/acme/copy:v2`;
    const first = await copy(base, to, options);
    expect(first.complete).toBe(false);
    expect(first.sentBytes).toBeGreaterThan(0);
    const source = await client().document(reference(host, "acme/base:v1"));
    const target = await client().document(reference(other.host, "acme/copy:v2"));
    expect(Buffer.from(target.bytes).equals(source.bytes)).toBe(true);
    const puts = requestLines(other.memory).filter((line) => line.startsWith("PUT"));
    expect(puts.at(-1)).toBe("PUT /v2/acme/copy/manifests/v2");
    expect(puts.findIndex((line) => line.includes("/manifests/"))).toBe(puts.length - 3);
    memory.requests.length = 0;
    const within = await copy(base, `${host}/acme/other:v1`, options);
    expect(within.sentBytes).toBe(0);
    const again = await copy(base, to, options);
    expect(again).toMatchObject({ complete: true, sentBytes: 0 });
  });
});

test("docker-registry, read by skopeo", async (context) => {
  requireRegistry(context);
  if (!hasSkopeo()) {
    // Where peers are promised, a skipped comparison would pass for a made one.
    if (process.env.CI || process.env.LAYERWRIGHT_REQUIRE_PEERS === "1") throw new Error("no skopeo");
    context.skip("no skopeo");
  }
  const real = await startRealRegistry();
  try {
    const { host } = real;
    const folder = tempFolder();
    const options = { store: join(folder, "store"), registry: client(), lock: false } as const;
    const base = `${host}/acme/base:v1`;
    const finished = [finishedImage([base], ["one"], AMD), finishedImage([base], ["two"], ARM)];
    await createRegistryOutput({ registry: client() }).write(finished);
    const image = Image.from(base).write("/x", "hello");
    const name = `${host}/acme/app:v1`;
    const pushed = await push(image, name, { ...options, platforms });
    expect(pushed.blobs.mounted).toBe(1);
    const inspected = skopeo("inspect", "--tls-verify=false", `docker://${name}`);
    expect(JSON.parse(inspected)).toMatchObject({ Digest: pushed.images[0]!.descriptor.digest });
    mkdirSync(join(folder, "copied"));
    skopeo("copy", "-q", "--src-tls-verify=false", `docker://${name}`, `dir:${join(folder, "copied")}`);
    const archive = join(folder, "pulled.tar");
    const { digests } = await pull(name, { ...options, platforms, output: archive });
    expect(digests).toEqual([pushed.images[0]!.descriptor.digest]);
    const loaded = JSON.parse(skopeo("inspect", `docker-archive:${archive}`));
    expect(loaded.Architecture).toBe("amd64");
    expect(loaded.Layers).toHaveLength(2);
    const copied = await copy(base, `${host}/acme/copy:v1`, options);
    const raw = (what: string) =>
      skopeo("inspect", "--raw", "--tls-verify=false", `docker://${host}/${what}`);
    expect(raw("acme/copy:v1")).toBe(raw("acme/base:v1"));
    expect(copied.sentBytes).toBe(0);
  } finally {
    await real.stop();
  }
});

test("docker-registry, read by crane", async (context) => {
  requireRegistry(context);
  const peer = requirePeer(context, "docker28");
  const real = await startRealRegistry();
  try {
    const { host } = real;
    const folder = tempFolder();
    const options = { store: join(folder, "store"), registry: client(), lock: false } as const;
    const name = `${host}/acme/app:v1`;
    const image = Image.scratch().write("/x", "hello\n").env("A", "b");
    const both = ["linux/amd64", "linux/arm64"];
    const { images } = await push(image, name, { ...options, platforms: both });
    const crane = (...args: string[]) => runInPeer(peer, ["crane", ...args]);
    expect((await crane("digest", name)).trim()).toBe(images[0]!.descriptor.digest);
    // It reads every blob, and compares digests, sizes and what the config says.
    await crane("validate", "--remote", name);
    expect(JSON.parse(await crane("config", "--platform", "linux/arm64", name))).toMatchObject({
      architecture: "arm64",
    });
  } finally {
    await real.stop();
  }
});

function get(digest: string): string {
  return `GET /v2/acme/base/blobs/${digest}`;
}

function skopeo(...args: string[]): string {
  return execFileSync("skopeo", ["--insecure-policy", ...args], { encoding: "utf8" });
}

function hasSkopeo(): boolean {
  try {
    execFileSync("skopeo", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
