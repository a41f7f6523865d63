import { expect, describe as group, test } from "vitest";
import { digestOf } from "../../src/oci/digest.js";
import { mediaType } from "../../src/oci/manifest.js";
import { parseReference } from "../../src/oci/reference.js";
import type { Fault, MemoryRegistry } from "../../src/testing/index.js";
import {
  alice,
  blobOf,
  client,
  documentOf,
  download,
  failure,
  only,
  reference,
  requestLines,
  seedBlob,
  serve,
  served,
  someBytes,
} from "../adapters/registry-http/client.js";
import { tempFolder } from "../adapters/temp-folder.js";
import { makeCertificates } from "../peers/certificates.js";

const SESSION = /\/blobs\/uploads\/./;
const ALWAYS = Number.POSITIVE_INFINITY;

async function pushed(host: string, bytes: Buffer, settings: object = {}) {
  const blob = blobOf(bytes);
  const outcome = await client({ settings: { [host]: settings } }).upload(reference(host), blob);
  const found = await download(client(), reference(host), blob.descriptor);
  expect(digestOf(found)).toBe(blob.descriptor.digest);
  return { blob, outcome };
}

const methods = (memory: MemoryRegistry, method: string) =>
  memory.requests.filter((request) => request.method === method);

/** Changes the `Range` of what the registry answers. */
function ranges(method: string, range: (said: string | null) => string | null): Fault {
  return {
    match: { method, path: SESSION },
    times: ALWAYS,
    respond: async (request, pass) => {
      const answer = await pass(request);
      const value = range(answer.headers.get("range"));
      const headers = new Headers(answer.headers);
      headers.delete("range");
      if (value !== null) headers.set("range", value);
      return new Response(answer.body, { status: answer.status, headers });
    },
  };
}

const oneMore = (said: string | null) => (said === null ? null : `0-${Number(said.slice(2)) + 1}`);

group("G4: the Range of an upload that is not what was sent", () => {
  test.each([
    ["is one too many", oneMore],
    ["stays where it was", () => "0-99"],
    ["is 0-0", () => "0-0"],
    ["is missing", () => null],
  ] as const)("in the answer to a part, where it %s", async (_, range) => {
    const { memory, host } = await served();
    memory.faults.add(ranges("PATCH", range));
    expect((await pushed(host, someBytes(500_000), { chunkBytes: 100_000 })).outcome).toBe("uploaded");
    expect(methods(memory, "PATCH")).toHaveLength(5);
    expect(methods(memory, "POST")).toHaveLength(1);
  });

  test.each([
    ["is one too many", oneMore],
    ["stays where it was", () => "0-99"],
    ["is 0-0", () => "0-0"],
    ["is missing", () => null],
  ] as const)("in the status of an upload that was cut, where it %s", async (_, range) => {
    for (const settings of [{}, { chunkBytes: 200_000 }]) {
      const { memory, host } = await served();
      const cut = { match: { method: "chunkBytes" in settings ? "PATCH" : "PUT", path: SESSION } };
      memory.faults.add({ ...cut, cutRequestAfter: 123_456 }, ranges("GET", range));
      expect((await pushed(host, someBytes(500_000), settings)).outcome).toBe("uploaded");
      expect(methods(memory, "POST").length).toBeLessThanOrEqual(2);
    }
  });

  test("a registry that kept less than it took is asked how much", async () => {
    const { memory, host } = await served();
    // Takes the second part, and keeps half of it.
    memory.faults.add({
      match: { method: "PATCH" },
      skip: 1,
      respond: async (request, pass) => {
        const body = Buffer.from(await request.arrayBuffer()).subarray(0, 50_000);
        const headers = { "content-range": "100000-149999", "content-type": "application/octet-stream" };
        return pass(new Request(request.url, { method: "PATCH", headers, body }));
      },
    });
    await pushed(host, someBytes(500_000), { chunkBytes: 100_000 });
    expect(methods(memory, "GET").filter(({ url }) => SESSION.test(url))).toHaveLength(1);
    expect(methods(memory, "POST")).toHaveLength(1);
  });

  test("a session that stays out of step is given up for a new one", async () => {
    const { memory, host } = await served();
    memory.faults.add({ match: { method: "PATCH" }, skip: 1, times: 2, status: 416 });
    await pushed(host, someBytes(500_000), { chunkBytes: 100_000 });
    expect(methods(memory, "POST")).toHaveLength(2);
    expect(methods(memory, "DELETE")).toHaveLength(1);
  });
});

group("G5: a redirect of what writes", () => {
  test.each([307, 308])(
    "%i is followed, with the body, and without a login for another origin",
    async (status) => {
      const { memory, host } = await served();
      const seen: Request[] = [];
      const storage = await serve(async (request) => {
        seen.push(request);
        const url = request.url.replace(/^http:\/\/[^/]+/, "http://localhost");
        return memory.handle(new Request(url, request));
      });
      const moved = (method: string): Fault => ({
        match: { method },
        respond: ({ url }) => {
          const { pathname, search } = new URL(url);
          return new Response(null, {
            status,
            headers: { location: `${storage.origin}${pathname}${search}` },
          });
        },
      });
      memory.faults.add(moved("POST"), moved("PATCH"), moved("PUT"));
      const registry = client({ credentials: only(alice), settings: { [host]: { chunkBytes: 200_000 } } });
      const blob = blobOf(someBytes(300_000));
      expect(await registry.upload(reference(host), blob)).toBe("uploaded");
      expect(seen.map(({ method }) => method)).toEqual(expect.arrayContaining(["POST", "PATCH", "PUT"]));
      for (const { headers } of seen) expect(headers.get("authorization")).toBeNull();
      expect(digestOf(await download(client(), reference(host), blob.descriptor))).toBe(
        blob.descriptor.digest,
      );
    },
  );

  test.each([301, 302, 303])("%i is refused, and the target is named", async (status) => {
    const { memory, host } = await served();
    const headers = { location: "https://elsewhere.example/v2/" };
    memory.faults.add({ match: { method: "POST" }, status, headers });
    const error = await failure(client().upload(reference(host), blobOf(someBytes(100))));
    expect(error.code).toBe("REDIRECT_REFUSED");
    expect(error.message).toContain("elsewhere.example");
  });
});

group("G6: https ends at a proxy, and the registry knows itself by http", () => {
  test("the address of an upload and a redirect keep https and the port", async () => {
    const tls = makeCertificates(tempFolder());
    const { memory, host } = await served({ tls });
    const plain = (value: string | null) => {
      const { pathname, search } = new URL(value ?? "", `https://${host}`);
      return `http://127.0.0.1${pathname}${search}`;
    };
    memory.faults.add({
      match: ({ method }) => method === "POST" || method === "PATCH",
      times: ALWAYS,
      respond: async (request, pass) => {
        const answer = await pass(request);
        const headers = new Headers(answer.headers);
        headers.set("location", plain(headers.get("location")));
        return new Response(answer.body, { status: answer.status, headers });
      },
    });
    const settings = { [host]: { http: false, ca: tls.caFile, chunkBytes: 60_000 } };
    const blob = blobOf(someBytes(100_000));
    expect(await client({ settings }).upload(reference(host), blob)).toBe("uploaded");
    const path = `/v2/acme/app/blobs/${blob.descriptor.digest}`;
    memory.faults.add({ match: { method: "GET", path }, status: 307, headers: { location: plain(path) } });
    const found = await download(client({ settings }), reference(host), blob.descriptor);
    expect(digestOf(found)).toBe(blob.descriptor.digest);
  });

  test("http of another host stays refused", async () => {
    const tls = makeCertificates(tempFolder());
    const { memory, host } = await served({ tls });
    const headers = { location: "http://localhost/up" };
    memory.faults.add({ match: { method: "POST" }, status: 202, headers });
    const settings = { [host]: { http: false, ca: tls.caFile } };
    const error = await failure(client({ settings }).upload(reference(host), blobOf(someBytes(100))));
    expect(error.code).toBe("REDIRECT_REFUSED");
  });
});

group("G8: a mount that fails", () => {
  test.each([405, 400, 500, 502, 503])("%i leads to an upload", async (status) => {
    const { memory, host } = await served();
    const blob = blobOf(someBytes(50_000));
    await seedBlob(memory, "acme/base", someBytes(50_000));
    memory.faults.add({ match: { method: "POST", path: /mount=/ }, times: ALWAYS, status });
    const mountFrom = [reference(host, "acme/base")];
    expect(await client().upload(reference(host), blob, { mountFrom })).toBe("uploaded");
    expect(methods(memory, "POST").length).toBeLessThanOrEqual(3);
  });

  test("a 202 without an address does too", async () => {
    const { memory, host } = await served();
    memory.faults.add({ match: { method: "POST", path: /mount=/ }, status: 202 });
    const mountFrom = [reference(host, "acme/base")];
    expect(await client().upload(reference(host), blobOf(someBytes(5000)), { mountFrom })).toBe("uploaded");
  });
});

group("G9: statuses of uploads that are not the usual ones", () => {
  test.each([200, 201, 204])("a PATCH is answered with %i", async (status) => {
    const { memory, host } = await served();
    memory.faults.add({
      match: { method: "PATCH" },
      times: ALWAYS,
      respond: async (request, pass) => {
        const { headers } = await pass(request);
        return new Response(null, { status, headers });
      },
    });
    expect((await pushed(host, someBytes(300_000), { chunkBytes: 100_000 })).outcome).toBe("uploaded");
  });

  test.each([400, 409, 500])("the PUT is answered with %i although the blob is there", async (status) => {
    const { memory, host } = await served();
    memory.faults.add({
      match: { method: "PUT" },
      respond: async (request, pass) => {
        await (await pass(request)).arrayBuffer();
        return new Response(null, { status });
      },
    });
    expect((await pushed(host, someBytes(300_000))).outcome).toBe("uploaded");
    expect(methods(memory, "PUT")).toHaveLength(1);
  });

  test("the PUT is refused with 400, and the blob is not there", async () => {
    const { memory, host } = await served();
    const body = JSON.stringify({ errors: [{ code: "BLOB_UPLOAD_INVALID", message: "no" }] });
    memory.faults.add({ match: { method: "PUT" }, status: 400, body });
    const error = await failure(client().upload(reference(host), blobOf(someBytes(1000))));
    expect(error).toMatchObject({ code: "REGISTRY_REFUSED", status: 400 });
    expect(error.message).toContain("BLOB_UPLOAD_INVALID: no");
  });
});

group("G20: 413", () => {
  const limit = (bytes: number): Fault => ({
    match: ({ headers }) => Number(headers.get("content-length") ?? 0) > bytes,
    times: ALWAYS,
    status: 413,
    body: "<html><head><title>413 Request Entity Too Large</title></head></html>",
  });

  test.each([
    ["whole", {}],
    ["in parts that are too large", { chunkBytes: 3_000_000 }],
  ])("of a proxy that takes a mebibyte: sent %s, it goes in smaller parts", async (_, settings) => {
    const { memory, host } = await served();
    memory.faults.add(limit(1 << 20));
    expect((await pushed(host, someBytes(5_000_000), settings)).outcome).toBe("uploaded");
  });

  test("of whoever takes nothing at all: it ends, and the setting is named", async () => {
    const { memory, host } = await served();
    memory.faults.add(limit(1000));
    const error = await failure(client().upload(reference(host), blobOf(someBytes(5_000_000))));
    expect(error).toMatchObject({ code: "REGISTRY_REFUSED", status: 413 });
    expect(error.message).toContain("413 Request Entity Too Large");
    expect(error.hint).toContain("chunkBytes");
    expect(memory.requests.length).toBeLessThan(30);
  });
});

test("G24: errors say the status, so that nothing depends on their words", async () => {
  const { memory, host } = await served();
  memory.faults.add({ match: { method: "POST" }, status: 422 });
  expect(await failure(client().upload(reference(host), blobOf(someBytes(10))))).toMatchObject({
    status: 422,
  });
});

group("T6: only what was stored counts as stored", () => {
  const config = blobOf(Buffer.from("{}"), mediaType.ociConfig);
  const html = { "content-type": "text/html" };

  test("a page to log in at is no answer to a manifest", async () => {
    const { memory, host } = await served();
    memory.faults.add({
      match: { path: /\/manifests\// },
      times: ALWAYS,
      status: 200,
      body: "<html>",
      headers: html,
    });
    const work = client().putDocument(reference(host), documentOf([config]));
    expect(await failure(work)).toMatchObject({ code: "REGISTRY_REFUSED", status: 200 });
  });

  test.each([200, 202, 204])("%i counts where the manifest is there afterwards", async (status) => {
    const { memory, host } = await served();
    await seedBlob(memory, "acme/app", Buffer.from("{}"));
    memory.faults.add({
      match: { method: "PUT" },
      respond: async (request, pass) => {
        await (await pass(request)).arrayBuffer();
        return new Response(null, { status });
      },
    });
    await client().putDocument(reference(host), documentOf([config]));
    await client().putDocument(parseReference(`${host}/acme/app`), documentOf([config]));
  });

  test("202 with the digest counts", async () => {
    const { memory, host } = await served();
    const document = documentOf([config]);
    const headers = { "docker-content-digest": document.descriptor.digest };
    memory.faults.add({ match: { method: "PUT" }, status: 202, headers });
    await client().putDocument(reference(host), document);
    expect(memory.requests).toHaveLength(1);
  });

  test("a page to log in at is no blob that is there, and none that was taken", async () => {
    const { memory, host } = await served();
    memory.faults.add({
      match: { method: "HEAD" },
      status: 200,
      headers: { ...html, "content-length": "900" },
    });
    const blob = blobOf(someBytes(1000));
    expect(await client().upload(reference(host), blob)).toBe("uploaded");
    memory.faults.add({ match: { method: "PUT" }, status: 200, body: "<html>", headers: html });
    const error = await failure(client().upload(reference(host), blobOf(someBytes(2000))));
    expect(error).toMatchObject({ code: "REGISTRY_REFUSED", status: 200 });
  });

  test("a blob that was stored as another one is an error", async () => {
    const { memory, host } = await served();
    const headers = { "docker-content-digest": digestOf("another") };
    memory.faults.add({ match: { method: "PUT" }, headers });
    const error = await failure(client().upload(reference(host), blobOf(someBytes(1000))));
    expect(error.code).toBe("BLOB_WRONG");
    expect(error.message).toContain(digestOf("another"));
  });
});

group("T7: an upload that is given up leaves no session behind", () => {
  test("by its signal", async () => {
    const { memory, host } = await served();
    const stop = new AbortController();
    memory.faults.add({
      match: { method: "PUT" },
      respond: () => {
        stop.abort(new Error("enough"));
        return new Promise<Response>(() => {});
      },
    });
    const work = client().upload(reference(host), blobOf(someBytes(300_000)), { signal: stop.signal });
    await expect(work).rejects.toThrow("enough");
    expect(requestLines(memory).at(-1)).toMatch(/^DELETE \/v2\/acme\/app\/blobs\/uploads\/./);
  });

  test("because it was refused", async () => {
    const { memory, host } = await served();
    memory.faults.add({ match: { method: "PUT" }, times: ALWAYS, status: 403 });
    await failure(client().upload(reference(host), blobOf(someBytes(1000))));
    expect(methods(memory, "DELETE")).toHaveLength(1);
  });

  test("a registry that does not answer the DELETE holds nobody up", async () => {
    const { memory, host } = await served();
    memory.faults.add(
      { match: { method: "PUT" }, times: ALWAYS, status: 403 },
      { match: { method: "DELETE" }, status: 500 },
    );
    expect(await failure(client().upload(reference(host), blobOf(someBytes(1000))))).toMatchObject({
      code: "REGISTRY_DENIED",
    });
  });
});
