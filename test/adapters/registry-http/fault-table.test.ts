import { expect, describe as group, test } from "vitest";
import { digestOf } from "../../../src/oci/digest.js";
import { mediaType } from "../../../src/oci/manifest.js";
import type { Fault } from "../../../src/testing/index.js";
import {
  alice,
  aliceAccount,
  blobOf,
  client,
  documentOf,
  download,
  failure,
  only,
  reference,
  requestLines,
  seedBlob,
  seedImage,
  serve,
  served,
  someBytes,
} from "./client.js";

// Each row of the table of faults of registries, for what is read and for what is written.

const CONFIG = blobOf(Buffer.from("{}"), mediaType.ociConfig);
const BLOBS = /\/blobs\/sha256/;
const UPLOADS = /\/blobs\/uploads\//;
const MANIFESTS = /\/manifests\//;

async function push(host: string, options: Parameters<typeof client>[0] = {}) {
  const registry = client(options);
  const layer = blobOf(someBytes(300_000));
  await registry.upload(reference(host), layer);
  await registry.upload(reference(host), CONFIG);
  await registry.putDocument(reference(host), documentOf([CONFIG, layer]));
  return layer;
}

group("row 1: a redirect to another origin is followed, without a login", () => {
  test.each([301, 302, 303, 307, 308])("pull, %i", async (status) => {
    const { memory, host } = await served({ auth: { kind: "basic", users: aliceAccount } });
    const { layer } = await seedImage(memory);
    const bytes = someBytes(5000);
    const seen: Headers[] = [];
    const other = await serve(async ({ headers }) => {
      seen.push(headers);
      return new Response(bytes);
    });
    const location = `${other.origin}/data?signature=abc`;
    // After the challenge.
    memory.faults.add({ match: { path: BLOBS }, skip: 1, status, headers: { location } });
    const registry = client({ credentials: only(alice) });
    expect(await download(registry, reference(host), layer)).toEqual(bytes);
    expect(memory.requests.at(-1)?.headers.get("authorization")).toMatch(/^Basic /);
    expect(seen[0]?.get("authorization")).toBeNull();
    expect(seen[0]?.get("cookie")).toBeNull();
  });

  test("pull: 10 are followed, and no more", async () => {
    const { memory, host } = await served();
    const { document } = await seedImage(memory);
    const again = `/v2/acme/app/manifests/v1`;
    const redirect = { match: { path: MANIFESTS }, status: 307, headers: { location: again } };
    memory.faults.add({ ...redirect, times: 10 });
    expect((await client().document(reference(host))).descriptor).toEqual(document.descriptor);
    memory.faults.add({ ...redirect, times: 11 });
    expect(await failure(client().document(reference(host)))).toMatchObject({ code: "REDIRECT_REFUSED" });
  });

  test("push: what writes is not redirected by a status that would turn it into a GET", async () => {
    const { memory, host } = await served();
    memory.faults.add({
      match: { path: UPLOADS },
      status: 302,
      headers: { location: "http://127.0.0.1:1/v2/acme/app/blobs/uploads/" },
    });
    expect(await failure(push(host))).toMatchObject({ code: "REDIRECT_REFUSED" });
  });
});

test("row 2: a challenge of the server that was redirected to is not answered", async () => {
  const { memory, host } = await served({ auth: { kind: "basic", users: aliceAccount } });
  const { layer } = await seedImage(memory);
  let asked = 0;
  const other = await serve(async () => {
    asked++;
    const challenge = `Bearer realm="${other.origin}/token",service="x"`;
    return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
  });
  memory.faults.add({
    match: { path: BLOBS },
    skip: 1,
    times: Number.POSITIVE_INFINITY,
    status: 307,
    headers: { location: `${other.origin}/data` },
  });
  const error = await failure(download(client({ credentials: only(alice) }), reference(host), layer));
  expect(error).toMatchObject({ code: "STORAGE_REFUSED" });
  expect(asked).toBe(1);
});

group("row 4: where an upload goes on", () => {
  const shapes: readonly (readonly [string, (path: string, origin: string) => string])[] = [
    ["absolute", (path, origin) => `${origin}${path}?state=abc`],
    ["of the host", (path) => `${path}?state=abc`],
    ["without a scheme", (path, origin) => `${origin.replace("http:", "")}${path}`],
    ["with a login", (path, origin) => `${origin.replace("//", "//mallory:hidden@")}${path}`],
    ["with a digest in its query", (path) => `${path}?a=1&b=%20`],
  ];
  test.each(shapes)("push: %s", async (_, shape) => {
    const { memory, host, origin } = await served();
    memory.faults.add({
      match: { method: "POST" },
      times: 2,
      respond: async (_request, pass) => {
        const response = await pass();
        const { pathname } = new URL(response.headers.get("location") ?? "", origin);
        response.headers.set("location", shape(pathname, origin));
        return response;
      },
    });
    await push(host);
    for (const { headers } of memory.requests) expect(headers.get("authorization")).toBeNull();
    const { digest } = (await client().resolve(reference(host)))!;
    expect(digest).toMatch(/^sha256:/);
  });

  test("push: on another origin, which gets the blob and no login", async () => {
    const { memory, host } = await served({ auth: { kind: "basic", users: aliceAccount } });
    const seen: { readonly url: string; readonly headers: Headers; readonly size: number }[] = [];
    const other = await serve(async (request) => {
      const size = (await request.arrayBuffer()).byteLength;
      seen.push({ url: request.url, headers: request.headers, size });
      return new Response(null, { status: 201 });
    });
    memory.faults.add({
      match: { method: "POST" },
      skip: 0,
      status: 202,
      headers: { location: `${other.origin}/up?sig=1` },
    });
    const layer = blobOf(someBytes(300_000));
    const registry = client({ credentials: only(alice) });
    expect(await registry.upload(reference(host), layer)).toBe("uploaded");
    expect(seen.map(({ size }) => size)).toEqual([300_000]);
    expect(seen[0]?.url).toContain(`/up?sig=1&digest=sha256`);
    expect(seen[0]?.headers.get("authorization")).toBeNull();
  });

  test("push: nowhere at all", async () => {
    const { memory, host } = await served();
    memory.faults.add({ match: { method: "POST" }, status: 202 });
    expect(await failure(push(host))).toMatchObject({ code: "REGISTRY_REFUSED" });
  });

  test("push: to no address of the web", async () => {
    const { memory, host } = await served();
    memory.faults.add({
      match: { method: "POST" },
      status: 202,
      headers: { location: "file:///etc/passwd" },
    });
    expect(await failure(push(host))).toMatchObject({ code: "REDIRECT_REFUSED" });
  });
});

const REALMS = [
  "http://10.1.2.3/token",
  "https://10.1.2.3/token",
  "http://169.254.169.254/token",
  "https://169.254.169.254/token",
  "https://0.0.0.0/token",
  "https://[::ffff:a9fe:a9fe]/token",
  "https://localhost./token",
  "https://2852039166/token",
  "https://alice:x@auth.example/token",
  "http://auth.example/token",
  "https://auth.example/token",
  "not an address",
];

group("row 5: a token server that may not have the login", () => {
  test.each(REALMS)("pull and push: %s", async (realm) => {
    const { memory, host } = await served();
    const challenge = { "www-authenticate": `Bearer realm="${realm}",service="x"` };
    memory.faults.add({ times: 2, status: 401, headers: challenge });
    const options = { credentials: only(alice) };
    const code = { code: "TOKEN_SERVER_REFUSED" };
    expect(await failure(client(options).document(reference(host)))).toMatchObject(code);
    expect(await failure(push(host, options))).toMatchObject(code);
  });
});

group("row 8: a login and scopes for each repository", () => {
  test("pull and push", async () => {
    const { memory, host } = await served({ auth: { kind: "bearer", users: aliceAccount } });
    await seedImage(memory, "acme/app");
    await seedImage(memory, "acme/other");
    const asked: string[] = [];
    const registry = client({
      credentials: {
        async credentialFor({ path }) {
          asked.push(path);
          return alice;
        },
      },
    });
    await registry.document(reference(host, "acme/app:v1"));
    await registry.document(reference(host, "acme/other:v1"));
    await registry.upload(reference(host, "acme/app"), blobOf(someBytes(1000)));
    expect([...new Set(asked)]).toEqual(["acme/app", "acme/other"]);
    const scopes = memory.requests
      .map(({ url }) => new URL(url))
      .filter(({ pathname }) => pathname === "/token")
      .map(({ searchParams }) => searchParams.getAll("scope"));
    expect(scopes).toEqual([
      ["repository:acme/app:pull"],
      ["repository:acme/other:pull"],
      ["repository:acme/app:pull,push"],
    ]);
  });

  test("a scope that is not enough is asked for once more, and then no more", async () => {
    const { memory, host } = await served();
    const { document } = await seedImage(memory);
    let tokens = 0;
    const challenge = () => `Bearer realm="http://${host}/token",scope="repository:acme/app:pull,special"`;
    const scopes: string[][] = [];
    const fault = (good: (authorization: string | null) => boolean): Fault => ({
      times: Number.POSITIVE_INFINITY,
      respond: async (request, pass) => {
        const { pathname, searchParams } = new URL(request.url);
        if (pathname === "/token") {
          scopes.push(searchParams.getAll("scope"));
          return Response.json({ token: `t${++tokens}` });
        }
        if (good(request.headers.get("authorization"))) return pass();
        return new Response(null, { status: 401, headers: { "www-authenticate": challenge() } });
      },
    });
    memory.faults.add(fault((authorization) => authorization === "Bearer t1"));
    const registry = client();
    expect((await registry.document(reference(host))).descriptor).toEqual(document.descriptor);
    expect(scopes).toEqual([["repository:acme/app:pull,special"]]);
    memory.faults.clear();
    memory.faults.add(fault(() => false));
    memory.requests.length = 0;
    expect(await failure(registry.document(reference(host)))).toMatchObject({ code: "REGISTRY_DENIED" });
    expect(requestLines(memory).filter((line) => line === "GET /token")).toHaveLength(1);
  });
});

const PASSING = [408, 429, 499, 500, 502, 503, 504, 522];

group("row 13: what may pass is tried again, 5 times in all", () => {
  test.each(PASSING)("pull: %i", async (status) => {
    const { memory, host } = await served();
    const { document } = await seedImage(memory);
    memory.faults.add({ times: 4, status });
    expect((await client().document(reference(host))).descriptor).toEqual(document.descriptor);
    memory.requests.length = 0;
    memory.faults.add({ times: Number.POSITIVE_INFINITY, status });
    expect(await failure(client().document(reference(host)))).toMatchObject({ code: "REGISTRY_FAILED" });
    expect(memory.requests).toHaveLength(5);
  });

  test.each(PASSING)("push: %i", async (status) => {
    const { memory, host } = await served();
    for (const [method, path] of [
      ["POST", UPLOADS],
      ["PUT", UPLOADS],
      ["PUT", MANIFESTS],
    ] as const)
      memory.faults.add({ match: { method, path }, times: 2, status });
    const layer = await push(host);
    expect(digestOf(await download(client(), reference(host), layer.descriptor))).toBe(
      layer.descriptor.digest,
    );
    expect(memory.faults.pending).toBe(0);
  });

  test.each(["before", "after"] as const)("pull and push: a connection that breaks %s", async (drop) => {
    const { memory, host } = await served();
    await seedImage(memory);
    memory.faults.add({ match: { method: "GET" }, times: 2, drop });
    await client().document(reference(host));
    for (const [method, path] of [
      ["POST", UPLOADS],
      ["HEAD", BLOBS],
      ["PUT", UPLOADS],
      ["PUT", MANIFESTS],
    ] as const)
      memory.faults.add({ match: { method, path }, drop });
    const layer = await push(host);
    expect(digestOf(await download(client(), reference(host), layer.descriptor))).toBe(
      layer.descriptor.digest,
    );
    expect(memory.faults.pending).toBe(0);
  });

  test("nothing listens, and no such name", async () => {
    const pace = { attempts: 2 };
    for (const host of ["127.0.0.1:1", "registry.invalid"]) {
      const error = await failure(client({ pace }).document(reference(host)));
      expect(error).toMatchObject({ code: "REGISTRY_UNREACHABLE", subject: host });
      expect(await failure(push(host, { pace }))).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    }
  });
});

group("row 14: what stays is not tried again", () => {
  test.each([
    [404, "MANIFEST_NOT_FOUND", "REGISTRY_REFUSED"],
    [401, "REGISTRY_DENIED", "REGISTRY_DENIED"],
    [403, "REGISTRY_DENIED", "REGISTRY_DENIED"],
    [400, "REGISTRY_REFUSED", "REGISTRY_REFUSED"],
  ])("pull and push: %i", async (status, pulled, pushed) => {
    const { memory, host } = await served();
    memory.faults.add({ times: Number.POSITIVE_INFINITY, match: (r) => r.method !== "HEAD", status });
    expect(await failure(client().document(reference(host)))).toMatchObject({ code: pulled });
    expect(memory.requests).toHaveLength(1);
    expect(await failure(push(host))).toMatchObject({ code: pushed });
    expect(memory.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("pull: a blob that is not there", async () => {
    const { memory, host } = await served();
    await seedImage(memory);
    const { descriptor } = blobOf(someBytes(2_000_000, 9));
    const error = await failure(download(client(), reference(host), descriptor));
    expect(error).toMatchObject({ code: "BLOB_NOT_IN_REGISTRY", subject: descriptor.digest });
    expect(memory.requests).toHaveLength(1);
  });
});

group("row 17: a blob that comes encoded", () => {
  test("pull: identity is asked for, and what is encoded anyway is refused", async () => {
    const { memory, host } = await served();
    const { layer } = await seedImage(memory);
    const { gzipSync } = await import("node:zlib");
    memory.faults.add({
      match: { path: BLOBS },
      status: 200,
      body: gzipSync(someBytes(5000)),
      headers: { "content-encoding": "gzip" },
    });
    expect(await failure(download(client(), reference(host), layer))).toMatchObject({ code: "BLOB_WRONG" });
    expect(memory.requests[0]?.headers.get("accept-encoding")).toBe("identity");
  });

  test("pull: the label alone does no harm", async () => {
    const { memory, host } = await served();
    const { layer } = await seedImage(memory);
    memory.faults.add({ match: { path: BLOBS }, headers: { "content-encoding": "gzip" } });
    expect(await download(client(), reference(host), layer)).toEqual(someBytes(5000));
  });
});

group("row 19: a manifest that is something else", () => {
  const OTHER = `sha256:${"0".repeat(64)}`;
  const wrong: readonly (readonly [string, Fault])[] = [
    ["another digest in the header", { headers: { "docker-content-digest": OTHER } }],
    ["another type in the header", { headers: { "content-type": mediaType.dockerManifest } }],
    ["no type of an image", { headers: { "content-type": "application/vnd.example+json" } }],
    ["more than 4 MiB", { status: 200, body: " ".repeat((4 << 20) + 1), headers: typed() }],
    ["an endless body", { endless: true }],
    ["a page to log in at", { status: 200, body: "<html>", headers: { "content-type": "text/html" } }],
    ["no JSON", { status: 200, body: "<html>", headers: typed() }],
  ];
  test.each(wrong)("pull: %s", async (_, fault) => {
    const { memory, host } = await served();
    await seedImage(memory);
    memory.faults.add({ match: { method: "GET" }, ...fault });
    expect(await failure(client().document(reference(host)))).toMatchObject({ code: "MANIFEST_WRONG" });
  });

  test("pull: parameters of the type do no harm", async () => {
    const { memory, host } = await served();
    const { document } = await seedImage(memory);
    const type = `${mediaType.ociManifest}; charset=utf-8`;
    memory.faults.add({ times: 2, headers: { "content-type": type } });
    expect(await client().resolve(reference(host))).toEqual(document.descriptor);
    expect((await client().document(reference(host))).descriptor).toEqual(document.descriptor);
  });

  test("push: stored under another digest", async () => {
    const { memory, host } = await served();
    const headers = { "docker-content-digest": OTHER };
    memory.faults.add({ match: { method: "PUT", path: MANIFESTS }, headers });
    expect(await failure(push(host))).toMatchObject({ code: "MANIFEST_WRONG" });
  });

  test("pull: a HEAD that says little is made up for", async () => {
    const { memory, host } = await served();
    const { document } = await seedImage(memory);
    memory.faults.add({ match: { method: "HEAD" }, headers: { "docker-content-digest": null } });
    expect(await client().resolve(reference(host))).toEqual(document.descriptor);
    expect(await client().resolve(reference(host, "acme/app:no"))).toBeUndefined();
  });
});

group("row 22: a mount", () => {
  test("push: 201 links, and nothing is sent", async () => {
    const { memory, host } = await served();
    const bytes = someBytes(5000);
    await seedBlob(memory, "acme/base", bytes);
    const mountFrom = [reference(host, "acme/base")];
    expect(await client().upload(reference(host), blobOf(bytes), { mountFrom })).toBe("mounted");
    expect(memory.requests).toHaveLength(1);
  });

  test("push: 202 is the upload that goes on", async () => {
    const { memory, host } = await served();
    const mountFrom = [reference(host, "acme/base")];
    expect(await client().upload(reference(host), blobOf(someBytes(5000)), { mountFrom })).toBe("uploaded");
    expect(memory.requests.map(({ method }) => method)).toEqual(["POST", "HEAD", "PUT"]);
  });

  test.each([401, 403, 404, 405])("push: %i for the other repository", async (status) => {
    const { memory, host } = await served();
    memory.faults.add({ match: { method: "POST" }, status });
    const mountFrom = [reference(host, "acme/base")];
    expect(await client().upload(reference(host), blobOf(someBytes(5000)), { mountFrom })).toBe("uploaded");
  });

  test("push: an upload that is not needed is cancelled", async () => {
    const { memory, host } = await served();
    const bytes = someBytes(5000);
    await seedBlob(memory, "acme/app", bytes);
    const mountFrom = [reference(host, "acme/base")];
    expect(await client().upload(reference(host), blobOf(bytes), { mountFrom })).toBe("present");
    expect(memory.requests.map(({ method }) => method)).toEqual(["POST", "HEAD", "DELETE"]);
  });
});

function typed() {
  return { "content-type": mediaType.ociManifest };
}
