import { expect, test } from "vitest";
import type { Fault } from "../../../src/testing/index.js";
import {
  alice,
  aliceAccount,
  blobOf,
  client,
  download,
  only,
  reference,
  requestLines,
  seedImage,
  served,
  someBytes,
} from "./client.js";

const REGISTRY_ONLY = { match: { method: "GET" }, times: Number.POSITIVE_INFINITY };

async function mirrored() {
  const auth = { kind: "basic", users: aliceAccount } as const;
  const own = await served({ auth });
  const mirror = await served();
  const { layer, document } = await seedImage(own.memory);
  await seedImage(mirror.memory);
  const settings = { [own.host]: { mirrors: [mirror.origin] } };
  const asked: string[] = [];
  const registry = client({
    settings,
    pace: { attempts: 2 },
    credentials: {
      async credentialFor({ domain }) {
        asked.push(domain);
        return domain === own.host ? alice : undefined;
      },
    },
  });
  return { own, mirror, layer, document, registry, asked };
}

test("a mirror is asked first, without the registry's login, and the registry then not at all", async () => {
  const { own, mirror, layer, document, registry } = await mirrored();
  const at = reference(own.host);
  expect(await registry.resolve(at)).toEqual(document.descriptor);
  expect((await registry.document(at)).descriptor).toEqual(document.descriptor);
  expect(await download(registry, at, layer)).toHaveLength(5000);
  expect(mirror.memory.requests).toHaveLength(3);
  for (const { headers } of mirror.memory.requests) expect(headers.get("authorization")).toBeNull();
  expect(own.memory.requests).toEqual([]);
});

const faults: readonly (readonly [string, Fault])[] = [
  ["is down", { drop: "before" }],
  ["has not got it", { status: 404 }],
  ["fails", { status: 500 }],
  ["denies it", { status: 403 }],
  ["wants a login", { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }],
  [
    "has a token server elsewhere",
    { status: 401, headers: { "www-authenticate": 'Bearer realm="https://t.example/"' } },
  ],
  ["is a page to log in at", { status: 200, body: "<html>", headers: { "content-type": "text/html" } }],
];
test.each(faults)("the registry itself is asked where a mirror %s", async (name, fault) => {
  const { own, mirror, layer, document, registry } = await mirrored();
  const at = reference(own.host);
  mirror.memory.faults.add({ times: Number.POSITIVE_INFINITY, ...fault });
  expect(await registry.resolve(at)).toEqual(document.descriptor);
  expect((await registry.document(at)).descriptor).toEqual(document.descriptor);
  expect(await download(registry, at, layer)).toHaveLength(5000);
  for (const { headers } of mirror.memory.requests) expect(headers.get("authorization")).toBeNull();
  expect(name).toBeDefined();
});

test("a mirror that breaks off in the middle is followed by the registry, from there", async () => {
  const { own, mirror, registry } = await mirrored();
  const bytes = someBytes(3_000_000, 4);
  const { layer } = await seedImage(own.memory, "acme/app", "v1", bytes);
  await seedImage(mirror.memory, "acme/app", "v1", bytes);
  mirror.memory.faults.add(
    { match: { method: "GET" }, cutAfter: 1_200_000 },
    { ...REGISTRY_ONLY, status: 500 },
  );
  expect(await download(registry, reference(own.host), layer)).toHaveLength(3_000_000);
  expect(own.memory.requests.at(-1)?.headers.get("range")).toMatch(/^bytes=1[0-9]{6}-$/);
});

test("nothing is pushed to a mirror", async () => {
  const { own, mirror, registry } = await mirrored();
  expect(await registry.upload(reference(own.host), blobOf(someBytes(10)))).toBe("uploaded");
  expect(mirror.memory.requests).toEqual([]);
  expect(requestLines(own.memory).length).toBeGreaterThan(0);
});

test("a mirror's own login is the one that it has in its own name", async () => {
  const auth = { kind: "basic", users: aliceAccount } as const;
  const own = await served();
  const mirror = await served({ auth });
  const { document } = await seedImage(mirror.memory);
  const settings = { [own.host]: { mirrors: [mirror.host] } };
  const registry = client({ settings, credentials: only(alice) });
  expect((await registry.document(reference(own.host))).descriptor).toEqual(document.descriptor);
});
