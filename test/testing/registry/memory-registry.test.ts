import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.js";
import { mediaType } from "../../../src/oci/manifest.js";
import { MemoryRegistry } from "../../../src/testing/index.js";
import { codeOf, HttpClient, manifestText, withDigest } from "./http-client.js";

const inMemory = () => {
  const registry = new MemoryRegistry();
  return { registry, client: new HttpClient(registry.handle) };
};

describe("MemoryRegistry", () => {
  it("keeps a log of what came", async () => {
    const { registry, client } = inMemory();
    await client.ask("/v2/", { headers: { accept: "text/x" } });
    await client.ask("/v2/a/blobs/uploads/?x=1", { method: "POST" });
    expect(registry.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET http://localhost/v2/",
      "POST http://localhost/v2/a/blobs/uploads/?x=1",
    ]);
    expect(registry.requests[0]!.headers.get("accept")).toBe("text/x");
  });

  it("refuses addresses, methods and names that it has not", async () => {
    const { client } = inMemory();
    const answers = [
      ["GET", "/", 404, "UNSUPPORTED"],
      ["GET", "/v2/acme/app", 404, "UNSUPPORTED"],
      ["POST", "/v2/", 405, "UNSUPPORTED"],
      ["PATCH", "/v2/acme/app/manifests/v1", 405, "UNSUPPORTED"],
      ["GET", "/v2/acme/%2e%2e/tags/list", 404, "UNSUPPORTED"],
      ["GET", "/v2/acme%00/tags/list", 400, "NAME_INVALID"],
      ["GET", `/v2/${"a".repeat(256)}/tags/list`, 400, "NAME_INVALID"],
      ["GET", `/v2/acme/app/manifests/${"a".repeat(129)}`, 400, "TAG_INVALID"],
      ["PUT", "/v2/acme/app/manifests/-v1", 400, "TAG_INVALID"],
      ["GET", "/v2/acme/app/manifests/sha256:abc", 400, "DIGEST_INVALID"],
      ["GET", `/v2/acme/app/blobs/${digestOf("x")}`, 404, "NAME_UNKNOWN"],
      ["GET", "/v2/acme/app/manifests/v1", 404, "NAME_UNKNOWN"],
    ] as const;
    for (const [method, path, status, code] of answers) {
      const answer = await client.ask(path, { method });
      expect([path, answer.status, await codeOf(answer)]).toEqual([path, status, code]);
    }
    expect((await client.ask("/v2/", { method: "POST" })).headers.get("allow")).toBe("GET, HEAD");
  });

  it("reads repositories whose names hold words of the API, and digests with an escaped colon", async () => {
    const { client } = inMemory();
    for (const name of ["blobs/uploads", "a/manifests/b", "tags/list"]) {
      const digest = await client.putBlob(name, "x");
      const answer = await client.ask(`/v2/${name}/blobs/${digest.replace(":", "%3A")}`);
      expect(await answer.text()).toBe("x");
      await client.putImage(name, "v1");
      expect(await (await client.ask(`/v2/${name}/tags/list`)).json()).toEqual({ name, tags: ["v1"] });
    }
  });

  it("names the blobs that a manifest lacks, and lets layers be that are fetched elsewhere", async () => {
    const { client } = inMemory();
    await client.putBlob("acme/app", "{}");
    const refused = await client.putManifest("acme/app", "v1", manifestText("{}", "far"));
    expect(await refused.json()).toMatchObject({
      errors: [{ code: "MANIFEST_BLOB_UNKNOWN", detail: [{ digest: digestOf("far") }] }],
    });
    const layer = { mediaType: mediaType.ociLayer, digest: digestOf("far"), size: 3 };
    const layers = [{ ...layer, urls: ["https://example.com/far"] }];
    const put = await client.putManifest("acme/app", "v1", manifestText("{}", "far", { layers }));
    expect(put.status).toBe(201);
  });

  it("refuses a manifest that is too large with 413, before it has read it all", async () => {
    const { client } = inMemory();
    const answer = await client.putManifest("acme/app", "v1", "x".repeat(4 * 1024 * 1024 + 1));
    expect([answer.status, await codeOf(answer)]).toEqual([413, "SIZE_INVALID"]);
  });

  it("takes the type of a manifest from its text, ignores parameters, and knows no other types", async () => {
    const { client } = inMemory();
    const { text } = await client.putImage("acme/app", "v1");
    const types = [
      [`${mediaType.ociManifest}; charset=utf-8`, 201],
      [mediaType.dockerManifest, 400],
      ["application/json", 400],
    ] as const;
    for (const [type, status] of types) {
      expect((await client.putManifest("acme/app", "v2", text, type)).status).toBe(status);
    }
    const body = new TextEncoder().encode(text);
    const untyped = await client.ask("/v2/acme/app/manifests/v3", { method: "PUT", body });
    expect(untyped.status).toBe(201);
    const { mediaType: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
    const nowhere = new TextEncoder().encode(JSON.stringify(rest));
    const refused = await client.ask("/v2/acme/app/manifests/v3", { method: "PUT", body: nowhere });
    expect([refused.status, await codeOf(refused)]).toEqual([400, "MANIFEST_INVALID"]);
  });

  it.each([
    ["a config without a digest", { config: { size: 2 } }],
    ["layers that are no list", { layers: {} }],
    ["another version", { schemaVersion: 1 }],
    ["a subject that is no descriptor", { subject: "x" }],
  ])("refuses a manifest with %s", async (_, extra) => {
    const { client } = inMemory();
    await client.putImage("acme/app", "v1");
    const put = await client.putManifest("acme/app", "v2", manifestText("{}", "a layer", extra));
    expect([put.status, await codeOf(put)]).toEqual([400, "MANIFEST_INVALID"]);
  });

  it("has no manifest for a client that cannot read its type", async () => {
    const { client } = inMemory();
    await client.putImage("acme/app", "v1");
    const status = async (accept: string) =>
      (await client.ask("/v2/acme/app/manifests/v1", { headers: { accept } })).status;
    expect(await status(mediaType.dockerManifest)).toBe(404);
    expect(await status(`${mediaType.dockerManifest}, ${mediaType.ociManifest};q=0.5`)).toBe(200);
    expect(await status("*/*")).toBe(200);
  });

  it("forgets a chunk that is not as long as its range says", async () => {
    const { client } = inMemory();
    const location = await client.startUpload("acme/app");
    await client.ask(location, { method: "PATCH", body: "abcd" });
    for (const body of ["e", "efghi"]) {
      const headers = { "content-range": "4-6" };
      const answer = await client.ask(location, { method: "PATCH", headers, body });
      expect([answer.status, await codeOf(answer)]).toEqual([400, "SIZE_INVALID"]);
      expect((await client.ask(location)).headers.get("range")).toBe("0-3");
    }
    const malformed = { "content-range": "bytes 4-6/7" };
    expect((await client.ask(location, { method: "PATCH", headers: malformed, body: "efg" })).status).toBe(
      416,
    );
    const put = await client.ask(withDigest(location, digestOf("abcd")), { method: "PUT" });
    expect(put.status).toBe(201);
  });

  it("ends an upload whose digest is wrong", async () => {
    const { client } = inMemory();
    const location = await client.startUpload("acme/app");
    expect((await client.ask(location, { method: "PUT", body: "x" })).status).toBe(400);
    expect(await codeOf(await client.ask(location))).toBe("BLOB_UPLOAD_UNKNOWN");
  });

  it("sends the whole where a range is not understood, and a part to GET alone", async () => {
    const { client } = inMemory();
    const path = `/v2/acme/app/blobs/${await client.putBlob("acme/app", "0123456789")}`;
    for (const range of ["bytes=0-1,3-4", "lines=0-1", "bytes=-", "bytes=5-2", "bytes=a-b"]) {
      expect((await client.ask(path, { headers: { range } })).status).toBe(200);
    }
    const range = "bytes=0-1";
    expect((await client.ask(path, { method: "HEAD", headers: { range } })).status).toBe(200);
    expect((await client.ask(path, { headers: { range: "bytes=-0" } })).status).toBe(416);
    const empty = `/v2/acme/app/blobs/${await client.putBlob("acme/app", "")}`;
    expect((await client.ask(empty, { headers: { range: "bytes=0-" } })).status).toBe(416);
  });

  it("keeps its own copy of what it is given, and gives copies", async () => {
    const { client } = inMemory();
    const given = new TextEncoder().encode("abc");
    const path = `/v2/acme/app/blobs/${await client.putBlob("acme/app", given)}`;
    given.fill(0);
    const { value } = await (await client.ask(path)).body!.getReader().read();
    value!.fill(0);
    expect(await (await client.ask(path)).text()).toBe("abc");
  });

  it("reads parts that span the pieces in which a blob came", async () => {
    const { client } = inMemory();
    const location = await client.startUpload("acme/app");
    for (const body of ["012", "3456", "789"]) await client.ask(location, { method: "PATCH", body });
    const put = await client.ask(withDigest(location, digestOf("0123456789")), { method: "PUT" });
    const path = put.headers.get("location")!;
    for (const [range, text] of [
      ["bytes=2-7", "234567"],
      ["bytes=3-6", "3456"],
      ["bytes=1-1", "1"],
    ] as const) {
      expect(await (await client.ask(path, { headers: { range } })).text()).toBe(text);
    }
  });
});
