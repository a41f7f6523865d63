import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, describe as group, test } from "vitest";
import { mediaType } from "../../src/oci/manifest.js";
import { MemoryRegistry } from "../../src/testing/index.js";
import { registrySkipReason, startRealRegistry } from "../peers/real-registry.js";
import { serveHandler } from "../peers/serve-handler.js";
import { codeOf, HttpClient, withDigest } from "../testing/registry/http-client.js";

// The requests of the distribution spec's conformance suite: its data sets, pushed in each of its ways, read, listed,
// referred to and deleted. What is asked of single requests is in test/testing/registry/conformance.ts.

type Algorithm = "sha256" | "sha512";
type Entry = Readonly<Record<string, unknown>>;

interface Subject {
  readonly client: HttpClient;
  close(): Promise<void>;
}

/** What an older registry lacks. */
interface Abilities {
  readonly algorithms: readonly Algorithm[];
  readonly referrers: boolean;
  /** Whether it takes a blob in the POST that begins its upload. */
  readonly singlePost: boolean;
  readonly deletesTags: boolean;
}

const digestBy = (algorithm: Algorithm, data: string) =>
  `${algorithm}:${createHash(algorithm).update(data).digest("hex")}`;

const STREAM = { "content-type": "application/octet-stream" };

/** The ways in which the suite pushes a blob; each gives the last answer. */
const WAYS: Readonly<
  Record<string, (client: HttpClient, repository: string, data: string, digest: string) => Promise<Response>>
> = {
  "in one POST": (client, repository, data, digest) =>
    client.ask(`/v2/${repository}/blobs/uploads/?digest=${digest}`, {
      method: "POST",
      headers: STREAM,
      body: data,
    }),
  "by POST and PUT": async (client, repository, data, digest) =>
    client.ask(withDigest(await client.startUpload(repository), digest), {
      method: "PUT",
      headers: STREAM,
      body: data,
    }),
  "in one chunk": async (client, repository, data, digest) => {
    const headers = { ...STREAM, "content-range": `0-${data.length - 1}` };
    const patched = await client.ask(await client.startUpload(repository), {
      method: "PATCH",
      headers,
      body: data,
    });
    expect(patched.status).toBe(202);
    return client.ask(withDigest(patched.headers.get("location")!, digest), { method: "PUT" });
  },
  "in chunks, the last one with the PUT": async (client, repository, data, digest) => {
    let location = await client.startUpload(repository);
    const half = Math.ceil(data.length / 2);
    for (const [from, to] of [[0, half]] as const) {
      const headers = { ...STREAM, "content-range": `${from}-${to - 1}` };
      const patched = await client.ask(location, { method: "PATCH", headers, body: data.slice(from, to) });
      expect(patched.status).toBe(202);
      location = patched.headers.get("location")!;
    }
    const headers = { ...STREAM, "content-range": `${half}-${data.length - 1}` };
    return client.ask(withDigest(location, digest), { method: "PUT", headers, body: data.slice(half) });
  },
  "as a stream": async (client, repository, data, digest) => {
    const patched = await client.ask(await client.startUpload(repository), {
      method: "PATCH",
      headers: STREAM,
      body: data,
    });
    expect(patched.status).toBe(202);
    return client.ask(withDigest(patched.headers.get("location")!, digest), { method: "PUT" });
  },
  "by a mount": async (client, repository, data, digest) => {
    const put = await WAYS["by POST and PUT"]!(client, "acme/source", data, digest);
    expect(put.status).toBe(201);
    return client.ask(`/v2/${repository}/blobs/uploads/?mount=${digest}&from=acme/source`, {
      method: "POST",
    });
  },
  "by a mount of what is not there": async (client, repository, data, digest) => {
    const path = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=acme/nothing`;
    const begun = await client.ask(path, { method: "POST" });
    expect(begun.status).toBe(202);
    const location = withDigest(begun.headers.get("location")!, digest);
    return client.ask(location, { method: "PUT", headers: STREAM, body: data });
  },
  "by a mount that names no source": async (client, repository, data, digest) => {
    const begun = await client.ask(`/v2/${repository}/blobs/uploads/?mount=${digest}`, { method: "POST" });
    // Whoever finds it elsewhere may link it.
    if (begun.status === 201) return begun;
    const location = withDigest(begun.headers.get("location")!, digest);
    return client.ask(location, { method: "PUT", headers: STREAM, body: data });
  },
};

interface Documents {
  readonly blobs: readonly string[];
  /** In the order in which they are put; the last one gets the tag. */
  readonly manifests: readonly { readonly text: string; readonly type: string }[];
}

const EMPTY = "application/vnd.oci.empty.v1+json";

/** The suite's data sets that a registry has to take. */
function dataSets(algorithm: Algorithm): Readonly<Record<string, Documents & { readonly subject?: Entry }>> {
  const describe = (type: string, data: string, more: Entry = {}) => ({
    mediaType: type,
    digest: digestBy(algorithm, data),
    size: Buffer.byteLength(data),
    ...more,
  });
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [] },
  });
  const manifest = (layers: readonly Entry[], more: Entry = {}) =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaType.ociManifest,
      config: describe(mediaType.ociConfig, config),
      layers,
      ...more,
    });
  const index = (manifests: readonly Entry[], more: Entry = {}) =>
    JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests, ...more });
  const layer = (name: string) => describe(mediaType.ociLayer, name);
  const image = (more: Entry = {}) => manifest([layer("one"), layer("two")], more);
  const arm = manifest([layer("one")], { annotations: { for: "arm64" } });
  const oci = (text: string) => ({ text, type: mediaType.ociManifest });
  const list = (text: string) => ({ text, type: mediaType.ociIndex });
  const entry = (text: string, architecture: string) =>
    describe(mediaType.ociManifest, text, { platform: { os: "linux", architecture } });
  const both = index([entry(image(), "amd64"), entry(arm, "arm64")]);
  const artifact = (more: Entry = {}) =>
    manifest([describe("text/plain", "one")], {
      config: describe(EMPTY, "{}"),
      artifactType: "application/vnd.example+json",
      ...more,
    });
  const subject = describe(mediaType.ociManifest, image());
  const missing = describe(mediaType.ociManifest, "a manifest that nobody put");
  const all = [config, "one", "two", "{}", ""];
  return {
    "an image": { blobs: all, manifests: [oci(image())] },
    "an image with annotations": { blobs: all, manifests: [oci(image({ annotations: { "a.b": "c" } }))] },
    "an image without layers": { blobs: all, manifests: [oci(manifest([]))] },
    "an image of an empty blob": { blobs: all, manifests: [oci(manifest([layer("")]))] },
    "fields that nobody knows": {
      blobs: all,
      manifests: [oci(image({ custom: { nested: [1, null, "x"] } }))],
    },
    "an embedded config": {
      blobs: all,
      manifests: [
        oci(image({ config: describe(EMPTY, "{}", { data: Buffer.from("{}").toString("base64") }) })),
      ],
    },
    "an index": { blobs: all, manifests: [oci(image()), oci(arm), list(both)] },
    "an index in an index": {
      blobs: all,
      manifests: [oci(image()), oci(arm), list(both), list(index([describe(mediaType.ociIndex, both)]))],
    },
    "an empty index": { blobs: all, manifests: [list(index([]))] },
    "an artifact": { blobs: all, manifests: [oci(artifact())] },
    "an artifact about an image": {
      blobs: all,
      manifests: [oci(image()), oci(artifact({ subject }))],
      subject,
    },
    "an artifact about what is not there": {
      blobs: all,
      manifests: [oci(artifact({ subject: missing }))],
      subject: missing,
    },
    "an index about an image": {
      blobs: all,
      manifests: [oci(image()), oci(arm), list(index([entry(arm, "arm64")], { subject }))],
      subject,
    },
  };
}

const NAMES = Object.keys(dataSets("sha256"));

function conformance(name: string, open: () => Promise<Subject>, able: Abilities): void {
  group(name, () => {
    let subject: Subject;
    let client: HttpClient;
    let count = 0;
    const fresh = () => `acme/conformance-${++count}`;
    beforeAll(async () => {
      subject = await open();
      client = subject.client;
    });
    afterAll(async () => subject?.close());

    async function expectManifest(path: string, text: string, type: string): Promise<void> {
      for (const method of ["HEAD", "GET"]) {
        const answer = await client.ask(path, { method, headers: { accept: type } });
        expect(answer.status).toBe(200);
        expect(answer.headers.get("content-type")).toBe(type);
        expect(answer.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
        if (method === "GET") expect(await answer.text()).toBe(text);
      }
    }

    group.each(able.algorithms)("by %s", (algorithm) => {
      const ways = Object.keys(WAYS).filter((way) => able.singlePost || way !== "in one POST");
      test.each(ways)("blobs are pushed %s", async (way) => {
        for (const data of ["0123456789", "{}", "x".repeat(100_000)]) {
          const repository = fresh();
          const digest = digestBy(algorithm, `${data}${way}`);
          const put = await WAYS[way]!(client, repository, `${data}${way}`, digest);
          expect(put.status, await put.text()).toBe(201);
          const found = await client.ask(`/v2/${repository}/blobs/${digest}`);
          expect(await found.text()).toBe(`${data}${way}`);
          expect((await client.ask(put.headers.get("location")!)).status).toBe(200);
        }
      });

      test.each(ways.filter((way) => !way.includes("mount")))(
        "a blob of another digest is refused: %s",
        async (way) => {
          const put = await WAYS[way]!(client, fresh(), "one thing", digestBy(algorithm, "another"));
          expect([put.status, await codeOf(put)]).toEqual([400, "DIGEST_INVALID"]);
        },
      );

      test.each(NAMES)("%s is pushed, read, listed, and deleted", async (set) => {
        const { blobs, manifests, subject: about } = dataSets(algorithm)[set]!;
        if (about !== undefined && !able.referrers) return;
        const repository = fresh();
        for (const data of blobs) {
          const digest = digestBy(algorithm, data);
          expect((await WAYS["by POST and PUT"]!(client, repository, data, digest)).status).toBe(201);
        }
        for (const [at, { text, type }] of manifests.entries()) {
          const digest = digestBy(algorithm, text);
          const isLast = at === manifests.length - 1;
          for (const reference of isLast ? [digest, "tagged"] : [digest]) {
            const put = await client.putManifest(repository, reference, text, type);
            expect(put.status, await put.text()).toBe(201);
            expect(put.headers.get("location")).not.toBeNull();
            await expectManifest(`/v2/${repository}/manifests/${reference}`, text, type);
          }
        }
        const tags = await client.ask(`/v2/${repository}/tags/list`);
        expect(((await tags.json()) as { tags: string[] }).tags).toEqual(["tagged"]);
        const last = manifests.at(-1)!;
        const digest = digestBy(algorithm, last.text);
        if (about !== undefined) {
          const referrers = async () => {
            const answer = await client.ask(`/v2/${repository}/referrers/${String(about["digest"])}`);
            expect([answer.status, answer.headers.get("content-type")]).toEqual([200, mediaType.ociIndex]);
            return ((await answer.json()) as { manifests: { digest: string }[] }).manifests;
          };
          expect((await referrers()).map((one) => one.digest)).toContain(digest);
          // Clients keep the list under a tag too, for registries that cannot say it.
          const fallback = String(about["digest"]).replace(":", "-").slice(0, 128);
          const list = JSON.stringify({
            schemaVersion: 2,
            mediaType: mediaType.ociIndex,
            manifests: [{ mediaType: last.type, digest, size: Buffer.byteLength(last.text) }],
          });
          expect((await client.putManifest(repository, fallback, list, mediaType.ociIndex)).status).toBe(201);
          await expectManifest(`/v2/${repository}/manifests/${fallback}`, list, mediaType.ociIndex);
        }
        if (able.deletesTags) {
          const tag = `/v2/${repository}/manifests/tagged`;
          expect((await client.ask(tag, { method: "DELETE" })).status).toBe(202);
          expect((await client.ask(tag)).status).toBe(404);
        }
        for (const { text } of [...manifests].reverse()) {
          const path = `/v2/${repository}/manifests/${digestBy(algorithm, text)}`;
          expect((await client.ask(path, { method: "DELETE" })).status).toBe(202);
          const gone = await client.ask(path);
          expect([gone.status, await codeOf(gone)]).toEqual([404, "MANIFEST_UNKNOWN"]);
        }
        for (const data of new Set(blobs)) {
          const path = `/v2/${repository}/blobs/${digestBy(algorithm, data)}`;
          expect((await client.ask(path, { method: "DELETE" })).status).toBe(202);
          expect((await client.ask(path, { method: "HEAD" })).status).toBe(404);
        }
      });
    });

    test("an upload that is cancelled is gone", async () => {
      const location = await client.startUpload(fresh());
      expect((await client.ask(location, { method: "DELETE" })).status).toBe(204);
      expect((await client.ask(location)).status).toBe(404);
    });

    test.each(["md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:x", "sha256", ":abc", "sha256:"])(
      "the digest %s is refused",
      async (digest) => {
        const repository = fresh();
        const put = await WAYS["by POST and PUT"]!(client, repository, "data", digest);
        expect([put.status, await codeOf(put)]).toEqual([400, "DIGEST_INVALID"]);
      },
    );
  });
}

const FULL: Abilities = {
  algorithms: ["sha256", "sha512"],
  referrers: true,
  singlePost: true,
  deletesTags: true,
};

conformance(
  "the registry in memory",
  async () => ({ client: new HttpClient(new MemoryRegistry().handle), close: async () => {} }),
  FULL,
);

conformance(
  "the registry in memory, over a socket",
  async () => {
    const { origin, close } = await serveHandler(new MemoryRegistry().handle);
    return { client: new HttpClient(fetch, origin), close };
  },
  FULL,
);

const reason = registrySkipReason();
if (reason === undefined) {
  conformance(
    "docker-registry 2.8",
    async () => {
      const { origin, stop } = await startRealRegistry();
      return { client: new HttpClient(fetch, origin), close: stop };
    },
    { algorithms: ["sha256"], referrers: false, singlePost: false, deletesTags: false },
  );
} else {
  test.skip(`docker-registry: ${reason}`, () => {});
}
