import { expect, describe as group, test } from "vitest";
import { verifyLogin } from "../../src/adapters/registry-http/http-registry.js";
import type { MemoryRegistry } from "../../src/testing/index.js";
import {
  alice,
  aliceAccount,
  blobOf,
  client,
  failure,
  only,
  reference,
  seedBlob,
  seedImage,
  serve,
  served,
  someBytes,
} from "../adapters/registry-http/client.js";

// Ways in which registries differ that no row of the table names.

const ALWAYS = Number.POSITIVE_INFINITY;
const sent = (memory: MemoryRegistry, method: string) =>
  memory.requests.filter((request) => request.method === method);

test("an address that is relative, with a query that is signed, stays as it is to the letter", async () => {
  const { memory, host } = await served();
  const state = "_nouploadcache=false&_state=a%2Fb%3D+c~%20d==";
  memory.faults.add(
    {
      match: { method: "POST" },
      respond: async (request, pass) => {
        const answer = await pass(request);
        const { pathname } = new URL(answer.headers.get("location")!, request.url);
        const headers = new Headers(answer.headers);
        headers.set("location", `${pathname}?${state}`);
        return new Response(null, { status: 202, headers });
      },
    },
    {
      match: { method: "PUT" },
      respond: (request, pass) => pass(new Request(request.url.replace(`${state}&`, ""), request)),
    },
  );
  const blob = blobOf(someBytes(1000));
  await client().upload(reference(host), blob);
  const digest = encodeURIComponent(blob.descriptor.digest);
  expect(new URL(sent(memory, "PUT")[0]!.url).search).toBe(`?${state}&digest=${digest}`);
});

group("a HEAD that says nothing", () => {
  test.each([400, 403, 405])("because it is refused with %i: the document is asked for", async (status) => {
    const { memory, host } = await served();
    const { document } = await seedImage(memory);
    memory.faults.add({ match: { method: "HEAD" }, times: ALWAYS, status });
    expect(await client().resolve(reference(host))).toEqual(document.descriptor);
  });

  test("and a GET that is refused too: its words are shown", async () => {
    const { memory, host } = await served();
    const body = JSON.stringify({ errors: [{ code: "DENIED", message: "the project is private" }] });
    memory.faults.add({ times: ALWAYS, status: 403, body });
    const error = await failure(client().resolve(reference(host)));
    expect(error.message).toContain("DENIED: the project is private");
  });

  test.each([
    ["there", 206, "present"],
    ["not there", 404, "uploaded"],
  ] as const)("because the storage signs for a GET alone: a blob that is %s", async (_, status, outcome) => {
    const { memory, host } = await served();
    const blob = blobOf(someBytes(1000));
    const storage = await serve(
      async ({ method }) => new Response(null, { status: method === "GET" ? status : 403 }),
    );
    if (status === 206) await seedBlob(memory, "acme/app", someBytes(1000));
    memory.faults.add({
      match: ({ method, url }) => (method === "HEAD" || method === "GET") && /\/blobs\/sha256/.test(url),
      times: 2,
      status: 307,
      headers: { location: `${storage.origin}/data` },
    });
    expect(await client().upload(reference(host), blob)).toBe(outcome);
  });
});

test("a token that is refused for the other repository of a mount leads to an upload", async () => {
  const { memory, host } = await served({ auth: { kind: "bearer", users: aliceAccount } });
  memory.faults.add({
    match: ({ url }) => /\/token/.test(url) && /secret/.test(url),
    times: ALWAYS,
    status: 403,
    body: JSON.stringify({ errors: [{ code: "DENIED", message: "access forbidden" }] }),
  });
  const registry = client({ credentials: only(alice) });
  const mountFrom = [reference(host, "secret/base")];
  expect(await registry.upload(reference(host), blobOf(someBytes(1000)), { mountFrom })).toBe("uploaded");
});

test("a server that knows /v2 without its slash only can be logged in to", async () => {
  const { host } = await serve(async ({ url, headers }) => {
    if (new URL(url).pathname !== "/v2") return new Response(null, { status: 404 });
    if (headers.get("authorization") !== null) return new Response(null, { status: 200 });
    return new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
  });
  const options = { env: {}, pace: { firstMs: 1 } };
  expect(await verifyLogin(host, alice, undefined, options)).toEqual({ checked: true });
});

test("a login goes along with a redirect that stays, and not with one that leaves", async () => {
  const { memory, host } = await served({ auth: { kind: "basic", users: aliceAccount } });
  const { document } = await seedImage(memory);
  const path = "/v2/acme/app/manifests/v1";
  const registry = client({ credentials: only(alice) });
  memory.faults.add({ match: { path }, skip: 1, status: 302, headers: { location: `${path}?again` } });
  expect(await registry.document(reference(host))).toEqual(document);
  const seen: Request[] = [];
  const elsewhere = await serve(async (request) => {
    seen.push(request);
    return new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
  });
  memory.faults.add({ match: { path }, status: 302, headers: { location: `${elsewhere.origin}/x` } });
  expect((await failure(registry.document(reference(host)))).code).toBe("STORAGE_REFUSED");
  expect(seen.map(({ headers }) => headers.get("authorization"))).toEqual([null]);
});
