import { expect, test } from "vitest";
import { createRegistryOutput, planPush } from "../../src/adapters/outputs/registry-output.js";
import { digestOf } from "../../src/oci/digest.js";
import type { FinishedImage } from "../../src/ports/image-output.js";
import { finishedImage } from "./finished-image.js";
import { client, failure, reference, requestLines, served } from "./registry-http/client.js";

const ARM = { os: "linux", architecture: "arm64" } as const;

test("a blob that several images have is sent once, and linked from there", async () => {
  const { memory, host } = await served();
  const images = ["a", "b", "c"].map((name) => finishedImage([`${host}/acme/${name}:v1`], ["shared", name]));
  const output = createRegistryOutput({ registry: client() });
  await output.write(images);
  const report = output.report();
  // The shared layer, three layers of their own and three configs; the shared one is linked twice.
  expect(report.blobs).toEqual({ present: 0, mounted: 2, uploaded: 7 });
  const shared = images[0]!.layers[0]!.descriptor.digest;
  const sent = memory.requests.filter(({ method, url }) => method === "PUT" && url.includes(shared.slice(7)));
  expect(sent).toHaveLength(1);
  expect(report.images.map(({ reference }) => reference)).toEqual(
    ["a", "b", "c"].map((name) => `${host}/acme/${name}:v1`),
  );
  for (const { reference: name, descriptor } of report.images) {
    const [domain, ...rest] = name.split("/");
    expect((await client().resolve(reference(domain!, rest.join("/"))))?.digest).toBe(descriptor.digest);
  }
  const again = createRegistryOutput({ registry: client() });
  await again.write(images);
  expect(again.report().blobs.uploaded).toBe(0);
  expect(again.report().sentBytes).toBe(0);
});

test("platforms become an index, which comes after its manifests, and the tag last of all", async () => {
  const { memory, host } = await served();
  const name = `${host}/acme/app:v1`;
  const images = [finishedImage([name], ["one"]), finishedImage([name], ["two"], ARM)];
  const output = createRegistryOutput({ registry: client() });
  await output.write(images);
  const puts = requestLines(memory).filter((line) => line.startsWith("PUT"));
  const blobs = puts.filter((line) => line.includes("/blobs/"));
  expect(puts.slice(0, blobs.length)).toEqual(blobs);
  const digests = images.map(({ manifest }) => manifest.descriptor.digest);
  expect(puts.slice(blobs.length).sort()).toEqual(
    [...digests.map((digest) => `PUT /v2/acme/app/manifests/${digest}`), puts.at(-1)!].sort(),
  );
  expect(puts.at(-1)).toBe("PUT /v2/acme/app/manifests/v1");
  const index = await client().document(reference(host));
  const { manifests } = JSON.parse(Buffer.from(index.bytes).toString());
  expect(manifests.map(({ digest }: { digest: string }) => digest)).toEqual(digests);
});

test("row 23: a push that fails leaves no tag, whatever fails", async () => {
  const imagesAt = (host: string): FinishedImage[] => [
    finishedImage([`${host}/acme/a:v1`], ["shared", "a"]),
    finishedImage([`${host}/acme/b:v1`], ["shared", "b"]),
    finishedImage([`${host}/acme/b:v1`], ["b2"], ARM),
  ];
  const blobs = planPush(imagesAt("registry.example")).blobs.map(({ blob }) => blob.descriptor.digest);
  const steps = [
    ...blobs.map((digest) => ({ method: "PUT", path: new RegExp(digest.slice(7)) })),
    { method: "PUT", path: /manifests\/sha256/ },
    { method: "POST", path: /./ },
  ];
  for (const match of steps) {
    const { memory, host } = await served();
    memory.faults.add({ match, times: Number.POSITIVE_INFINITY, status: 403 });
    const output = createRegistryOutput({ registry: client() });
    expect(await failure(output.write(imagesAt(host)))).toMatchObject({ code: "REGISTRY_DENIED" });
    expect(requestLines(memory).filter((line) => line.endsWith("/manifests/v1"))).toEqual([]);
    expect(output.report().images).toEqual([]);
    memory.faults.clear();
    expect(await client().resolve(reference(host, "acme/a:v1"))).toBeUndefined();
  }
});

test("a source that fails is what is told, and leaves no tag", async () => {
  const { memory, host } = await served();
  const image = finishedImage([`${host}/acme/app:v1`]);
  const broken = {
    ...image,
    layers: image.layers.map((layer) => ({
      ...layer,
      // biome-ignore lint/correctness/useYield: it fails before it has anything
      async *blob(): AsyncGenerator<Uint8Array> {
        throw new Error("the disk is gone");
      },
    })),
  };
  await expect(createRegistryOutput({ registry: client() }).write([broken])).rejects.toThrow(
    "the disk is gone",
  );
  expect(requestLines(memory).filter((line) => line.includes("/manifests/"))).toEqual([]);
});

test("layers of a base in the same registry are linked, from another one sent", async () => {
  const { memory, host } = await served();
  const other = await served();
  const image = finishedImage([`${host}/acme/app:v1`]);
  await createRegistryOutput({ registry: client() }).write([
    { ...image, references: [`${host}/acme/base:v1`] },
  ]);
  memory.requests.length = 0;
  const held = (domain: string): FinishedImage => ({
    ...image,
    layers: image.layers.map((layer) => ({ ...layer, heldBy: { domain, path: "acme/base" } })),
  });
  const same = createRegistryOutput({ registry: client() });
  await same.write([held(host)]);
  expect(same.report().blobs).toEqual({ present: 0, mounted: 2, uploaded: 1 });
  const elsewhere = createRegistryOutput({ registry: client() });
  await elsewhere.write([{ ...held(host), references: [`${other.host}/acme/app:v1`] }]);
  expect(elsewhere.report().blobs).toEqual({ present: 0, mounted: 0, uploaded: 3 });
  const layer = image.layers[0]!.descriptor;
  expect(layer.digest).toBe(digestOf(Buffer.concat(await bytesOf(image.layers[0]!.blob()))));
});

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}
