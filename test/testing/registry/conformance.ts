import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.js";
import { mediaType } from "../../../src/oci/manifest.js";
import { codeOf, HttpClient, manifestText, type Send, withDigest } from "./http-client.js";

export interface Subject {
  readonly send: Send;
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** What an older registry lacks. */
export interface Abilities {
  readonly referrers: boolean;
  readonly sha512: boolean;
  readonly deletesTags: boolean;
  /** Whether it refuses a chunk that does not start where the last one ended. */
  readonly checksChunks: boolean;
  /** Whether tags come in order, and no more of them than were asked for. */
  readonly pagesTags: boolean;
}

const NOTHING = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const TEXT = "0123456789";
const STREAM = { "content-type": "application/octet-stream" };

/** What the distribution spec asks of a registry, asked of one. */
export function describeRegistry(name: string, open: () => Promise<Subject>, able: Abilities): void {
  describe(name, () => {
    let subject: Subject;
    let client: HttpClient;
    let count = 0;
    /** A repository that nothing was put into yet. */
    const fresh = () => `acme/app-${++count}`;
    beforeAll(async () => {
      subject = await open();
      client = new HttpClient(subject.send, subject.origin);
    });
    afterAll(async () => subject?.close());

    it("says that it speaks the API", async () => {
      const answer = await client.ask("/v2/");
      expect(answer.status).toBe(200);
      expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
    });

    describe("blobs", () => {
      const get = (repository: string, digest: string, headers: Record<string, string> = {}) =>
        client.ask(`/v2/${repository}/blobs/${digest}`, { headers });

      async function expectBlob(repository: string, body: string): Promise<void> {
        const digest = digestOf(body);
        const answer = await get(repository, digest);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("content-length")).toBe(String(body.length));
        expect(answer.headers.get("docker-content-digest")).toBe(digest);
        expect(await answer.text()).toBe(body);
      }

      async function expectCreated(answer: Response, digest: string): Promise<void> {
        expect(answer.status, await answer.text()).toBe(201);
        expect(answer.headers.get("docker-content-digest")).toBe(digest);
        const stored = await client.ask(answer.headers.get("location")!);
        expect(stored.status).toBe(200);
        await stored.body?.cancel();
      }

      it("are put whole after a POST", async () => {
        const repository = fresh();
        const location = await client.startUpload(repository);
        const digest = digestOf(TEXT);
        await expectCreated(
          await client.ask(withDigest(location, digest), { method: "PUT", body: TEXT }),
          digest,
        );
        await expectBlob(repository, TEXT);
      });

      it("are streamed by one PATCH without a range", async () => {
        const repository = fresh();
        const location = await client.startUpload(repository);
        const patched = await client.ask(location, { method: "PATCH", headers: STREAM, body: TEXT });
        expect(patched.status).toBe(202);
        expect(patched.headers.get("range")).toBe("0-9");
        const next = patched.headers.get("location")!;
        await expectCreated(
          await client.ask(withDigest(next, digestOf(TEXT)), { method: "PUT" }),
          digestOf(TEXT),
        );
        await expectBlob(repository, TEXT);
      });

      const chunk = (location: string, from: number, to: number, method = "PATCH") =>
        client.ask(location, {
          method,
          headers: { ...STREAM, "content-range": `${from}-${to}` },
          body: TEXT.slice(from, to + 1),
        });

      it("are put in chunks, the last one with the PUT", async () => {
        const repository = fresh();
        let location = await client.startUpload(repository);
        for (const [from, to] of [
          [0, 3],
          [4, 6],
        ] as const) {
          const patched = await chunk(location, from, to);
          expect(patched.status, await patched.text()).toBe(202);
          expect(patched.headers.get("range")).toBe(`0-${to}`);
          location = patched.headers.get("location")!;
        }
        await expectCreated(await chunk(withDigest(location, digestOf(TEXT)), 7, 9, "PUT"), digestOf(TEXT));
        await expectBlob(repository, TEXT);
      });

      it.runIf(able.checksChunks)("refuse chunks out of order, and go on from where they are", async () => {
        const repository = fresh();
        let location = await client.startUpload(repository);
        expect((await chunk(location, 4, 6)).status).toBe(416);
        location = (await chunk(location, 0, 3)).headers.get("location")!;
        for (const [from, to] of [
          [0, 3],
          [5, 6],
        ] as const) {
          expect((await chunk(location, from, to)).status).toBe(416);
        }
        expect((await chunk(withDigest(location, digestOf(TEXT)), 7, 9, "PUT")).status).toBe(416);
        const status = await client.ask(location);
        expect(status.headers.get("range")).toBe("0-3");
        location = (await chunk(status.headers.get("location")!, 4, 9)).headers.get("location")!;
        await expectCreated(
          await client.ask(withDigest(location, digestOf(TEXT)), { method: "PUT" }),
          digestOf(TEXT),
        );
      });

      it("tell how far an upload is", async () => {
        const location = await client.startUpload(fresh());
        const begun = await client.ask(location);
        expect(begun.status).toBe(204);
        expect(begun.headers.get("range")).toBe("0-0");
        const patched = await client.ask(begun.headers.get("location")!, {
          method: "PATCH",
          headers: STREAM,
          body: "abc",
        });
        const status = await client.ask(patched.headers.get("location")!);
        expect([status.status, status.headers.get("range")]).toEqual([204, "0-2"]);
        expect(status.headers.get("docker-upload-uuid")).toMatch(/^[0-9a-f-]{36}$/);
      });

      it("cancel an upload, which is then unknown", async () => {
        const location = await client.startUpload(fresh());
        expect((await client.ask(location, { method: "DELETE" })).status).toBe(204);
        const gone = await client.ask(location);
        expect([gone.status, await codeOf(gone)]).toEqual([404, "BLOB_UPLOAD_UNKNOWN"]);
      });

      it("are linked from another repository", async () => {
        const [from, to] = [fresh(), fresh()];
        const digest = await client.putBlob(from, TEXT);
        const path = `/v2/${to}/blobs/uploads/?mount=${digest}&from=${from}`;
        await expectCreated(await client.ask(path, { method: "POST" }), digest);
        await expectBlob(to, TEXT);
      });

      it("are uploaded where the other repository lacks them, or is not named", async () => {
        const [other, to] = [fresh(), fresh()];
        await client.putBlob(other, "something else");
        for (const query of [`mount=${digestOf(TEXT)}&from=${other}`, `mount=${digestOf(TEXT)}`]) {
          const answer = await client.ask(`/v2/${to}/blobs/uploads/?${query}`, { method: "POST" });
          expect(answer.status).toBe(202);
          const location = withDigest(answer.headers.get("location")!, digestOf(TEXT));
          await expectCreated(await client.ask(location, { method: "PUT", body: TEXT }), digestOf(TEXT));
        }
      });

      it("may be empty", async () => {
        const repository = fresh();
        expect(await client.putBlob(repository, "")).toBe(NOTHING);
        await expectBlob(repository, "");
      });

      it.each([
        ["of other bytes", digestOf("other bytes")],
        ["of no algorithm", "md9:abc"],
        ["of too few characters", "sha256:abc"],
      ])("refuse a digest %s", async (_, digest) => {
        const repository = fresh();
        const location = await client.startUpload(repository);
        const put = await client.ask(withDigest(location, digest), { method: "PUT", body: TEXT });
        expect([put.status, await codeOf(put)]).toEqual([400, "DIGEST_INVALID"]);
        expect((await get(repository, digestOf(TEXT))).status).toBe(404);
      });

      it("that are missing are unknown, to HEAD too", async () => {
        const repository = fresh();
        await client.putBlob(repository, TEXT);
        const missing = await get(repository, digestOf("missing"));
        expect([missing.status, await codeOf(missing)]).toEqual([404, "BLOB_UNKNOWN"]);
        const path = `/v2/${repository}/blobs/${digestOf("missing")}`;
        expect((await client.ask(path, { method: "HEAD" })).status).toBe(404);
      });

      it("answer HEAD with the headers alone", async () => {
        const repository = fresh();
        const digest = await client.putBlob(repository, TEXT);
        const head = await client.ask(`/v2/${repository}/blobs/${digest}`, { method: "HEAD" });
        expect(head.status).toBe(200);
        expect(head.headers.get("content-length")).toBe("10");
        expect(head.headers.get("docker-content-digest")).toBe(digest);
        expect(await head.text()).toBe("");
      });

      it.each([
        ["bytes=2-4", "234", "bytes 2-4/10"],
        ["bytes=0-0", "0", "bytes 0-0/10"],
        ["bytes=7-", "789", "bytes 7-9/10"],
        ["bytes=7-100", "789", "bytes 7-9/10"],
        ["bytes=-3", "789", "bytes 7-9/10"],
        ["bytes=-100", TEXT, "bytes 0-9/10"],
      ])("are read in part: %s", async (range, part, contentRange) => {
        const repository = fresh();
        const answer = await get(repository, await client.putBlob(repository, TEXT), { range });
        expect(answer.status).toBe(206);
        expect(answer.headers.get("content-range")).toBe(contentRange);
        expect(answer.headers.get("content-length")).toBe(String(part.length));
        expect(await answer.text()).toBe(part);
      });

      it("say so when a range is outside", async () => {
        const repository = fresh();
        const digest = await client.putBlob(repository, TEXT);
        const answer = await get(repository, digest, { range: "bytes=10-12" });
        expect([answer.status, answer.headers.get("content-range")]).toEqual([416, "bytes */10"]);
      });

      it("are deleted", async () => {
        const repository = fresh();
        await client.putBlob(repository, "another");
        const path = `/v2/${repository}/blobs/${await client.putBlob(repository, TEXT)}`;
        expect((await client.ask(path, { method: "DELETE" })).status).toBe(202);
        expect((await client.ask(path)).status).toBe(404);
        expect((await client.ask(path, { method: "DELETE" })).status).toBe(404);
      });

      it.runIf(able.sha512)("are put whole with the POST", async () => {
        const repository = fresh();
        const path = `/v2/${repository}/blobs/uploads/?digest=${digestOf(TEXT)}`;
        await expectCreated(await client.ask(path, { method: "POST", body: TEXT }), digestOf(TEXT));
        await expectBlob(repository, TEXT);
        const wrong = await client.ask(path, { method: "POST", body: "wrong" });
        expect([wrong.status, await codeOf(wrong)]).toEqual([400, "DIGEST_INVALID"]);
      });

      it.runIf(able.sha512)("have digests by sha512 too", async () => {
        const repository = fresh();
        const digest = `sha512:${createHash("sha512").update(TEXT).digest("hex")}`;
        const location = await client.startUpload(repository);
        await expectCreated(
          await client.ask(withDigest(location, digest), { method: "PUT", body: TEXT }),
          digest,
        );
        expect(await (await get(repository, digest)).text()).toBe(TEXT);
        expect((await get(repository, digestOf(TEXT))).status).toBe(404);
      });
    });

    describe("manifests", () => {
      const accept = Object.values(mediaType).join(", ");
      const get = (repository: string, reference: string, method = "GET") =>
        client.ask(`/v2/${repository}/manifests/${reference}`, { method, headers: { accept } });

      it("are there by tag and by digest, byte for byte", async () => {
        const repository = fresh();
        const { text, digest } = await client.putImage(repository, "v1");
        for (const reference of ["v1", digest]) {
          const answer = await get(repository, reference);
          expect(answer.status).toBe(200);
          expect(answer.headers.get("content-type")).toBe(mediaType.ociManifest);
          expect(answer.headers.get("content-length")).toBe(String(text.length));
          expect(answer.headers.get("docker-content-digest")).toBe(digest);
          expect(await answer.text()).toBe(text);
          const head = await get(repository, reference, "HEAD");
          expect([head.status, head.headers.get("docker-content-digest")]).toEqual([200, digest]);
          expect(head.headers.get("content-length")).toBe(String(text.length));
          expect(await head.text()).toBe("");
        }
      });

      it("say where they are once they are put", async () => {
        const repository = fresh();
        const { text, digest } = await client.putImage(repository, "v1");
        for (const reference of ["v2", digest]) {
          const put = await client.putManifest(repository, reference, text);
          expect([put.status, put.headers.get("docker-content-digest")]).toEqual([201, digest]);
          const stored = await client.ask(put.headers.get("location")!, { headers: { accept } });
          expect(await stored.text()).toBe(text);
        }
      });

      it("move their tag, and stay under their digest", async () => {
        const repository = fresh();
        const first = await client.putImage(repository, "v1");
        const second = await client.putImage(repository, "v1", { annotations: { n: "2" } });
        expect((await get(repository, "v1")).headers.get("docker-content-digest")).toBe(second.digest);
        expect((await get(repository, first.digest)).status).toBe(200);
      });

      it("may be indexes of manifests that are there", async () => {
        const repository = fresh();
        const { text, digest } = await client.putImage(repository, "v1");
        const child = { mediaType: mediaType.ociManifest, digest, size: text.length };
        const index = (manifests: object[]) =>
          JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests });
        const put = await client.putManifest(repository, "all", index([child]), mediaType.ociIndex);
        expect(put.status).toBe(201);
        expect((await get(repository, "all")).headers.get("content-type")).toBe(mediaType.ociIndex);
        const absent = index([{ ...child, digest: digestOf("absent") }]);
        const refused = await client.putManifest(repository, "all", absent, mediaType.ociIndex);
        expect([refused.status, await codeOf(refused)]).toEqual([400, "MANIFEST_BLOB_UNKNOWN"]);
      });

      it("are refused where their blobs are missing", async () => {
        const repository = fresh();
        await client.putBlob(repository, "{}");
        const put = await client.putManifest(repository, "v1", manifestText("{}", "a missing layer"));
        expect([put.status, await codeOf(put)]).toEqual([400, "MANIFEST_BLOB_UNKNOWN"]);
        expect((await get(repository, "v1")).status).toBe(404);
      });

      it("are refused where their digest is another", async () => {
        const repository = fresh();
        const { text } = await client.putImage(repository, "v1");
        const put = await client.putManifest(repository, digestOf("other"), text);
        expect([put.status, await codeOf(put)]).toEqual([400, "DIGEST_INVALID"]);
      });

      it.each([
        ["no JSON", "{"],
        ["no object", "[]"],
        ["of another media type", manifestText("{}", "x", { mediaType: mediaType.ociIndex })],
        ["both manifest and index", manifestText("{}", "x", { manifests: [] })],
      ])("are refused where they are %s", async (_, text) => {
        const repository = fresh();
        await client.putBlob(repository, "{}");
        await client.putBlob(repository, "x");
        const put = await client.putManifest(repository, "v1", text);
        expect([put.status, await codeOf(put)]).toEqual([400, "MANIFEST_INVALID"]);
      });

      it("are refused where they are larger than 4 MiB", async () => {
        const repository = fresh();
        const huge = manifestText("{}", "x", { annotations: { a: "x".repeat(4 * 1024 * 1024) } });
        const put = await client.putManifest(repository, "v1", huge);
        expect(put.status).toBeGreaterThanOrEqual(400);
        expect(put.status).toBeLessThan(500);
        await put.body?.cancel();
      });

      it("that are missing are unknown", async () => {
        const repository = fresh();
        await client.putImage(repository, "v1");
        for (const reference of ["v2", digestOf("missing")]) {
          const answer = await get(repository, reference);
          expect([answer.status, await codeOf(answer)]).toEqual([404, "MANIFEST_UNKNOWN"]);
          expect((await get(repository, reference, "HEAD")).status).toBe(404);
        }
        expect((await get(fresh(), "v1")).status).toBe(404);
      });

      it("that are deleted by digest take their tags along", async () => {
        const repository = fresh();
        const { digest } = await client.putImage(repository, "v1");
        await client.putImage(repository, "v2", { annotations: { n: "2" } });
        expect((await get(repository, digest, "DELETE")).status).toBe(202);
        expect((await get(repository, digest)).status).toBe(404);
        expect((await get(repository, "v1")).status).toBe(404);
        expect((await get(repository, "v2")).status).toBe(200);
        expect((await get(repository, digest, "DELETE")).status).toBe(404);
      });

      it.runIf(able.deletesTags)("stay when a tag is deleted", async () => {
        const repository = fresh();
        const { digest } = await client.putImage(repository, "v1");
        expect((await get(repository, "v1", "DELETE")).status).toBe(202);
        expect((await get(repository, "v1")).status).toBe(404);
        expect((await get(repository, digest)).status).toBe(200);
      });

      it.runIf(able.sha512)("have digests by sha512 too", async () => {
        const repository = fresh();
        const { text } = await client.putImage(repository, "v1");
        const digest = `sha512:${createHash("sha512").update(text).digest("hex")}`;
        const put = await client.putManifest(repository, digest, text);
        expect([put.status, put.headers.get("docker-content-digest")]).toEqual([201, digest]);
        expect(await (await get(repository, digest)).text()).toBe(text);
      });
    });

    describe("lists", () => {
      it("tags in order", async () => {
        const repository = fresh();
        const { text } = await client.putImage(repository, "b");
        for (const tag of ["d", "a", "c"]) await client.putManifest(repository, tag, text);
        const all = await client.ask(`/v2/${repository}/tags/list`);
        expect(all.headers.get("link")).toBeNull();
        const { name, tags } = (await all.json()) as { name: string; tags: string[] };
        expect(name).toBe(repository);
        expect(able.pagesTags ? tags : tags.sort()).toEqual(["a", "b", "c", "d"]);
      });

      it.runIf(able.pagesTags)("tags in pages", async () => {
        const repository = fresh();
        const { text } = await client.putImage(repository, "b");
        for (const tag of ["d", "a", "c"]) await client.putManifest(repository, tag, text);
        const page = async (query: string) => {
          const answer = await client.ask(`/v2/${repository}/tags/list?${query}`);
          const { tags } = (await answer.json()) as { tags: string[] };
          return [tags, answer.headers.get("link")];
        };
        const link = (query: string) => `</v2/${repository}/tags/list?${query}>; rel="next"`;
        expect(await page("n=3")).toEqual([["a", "b", "c"], link("n=3&last=c")]);
        expect(await page("n=3&last=c")).toEqual([["d"], null]);
        expect(await page("n=4")).toEqual([["a", "b", "c", "d"], null]);
        expect(await page("n=1&last=aa")).toEqual([["b"], link("n=1&last=b")]);
        expect(await page("last=b")).toEqual([["c", "d"], null]);
        expect(await page("n=0")).toEqual([[], null]);
        const wrong = await client.ask(`/v2/${repository}/tags/list?n=-1`);
        expect([wrong.status, await codeOf(wrong)]).toEqual([400, "PAGINATION_NUMBER_INVALID"]);
      });

      it("no tags of a repository that is not there", async () => {
        const answer = await client.ask(`/v2/${fresh()}/tags/list`);
        expect([answer.status, await codeOf(answer)]).toEqual([404, "NAME_UNKNOWN"]);
      });

      it("repositories in pages", async () => {
        const [one, two] = [fresh(), fresh()];
        await client.putImage(one, "v1");
        await client.putImage(two, "v1");
        const found: string[] = [];
        let path: string | undefined = "/v2/_catalog?n=2";
        while (path !== undefined) {
          const page: Response = await client.ask(path);
          expect(page.status).toBe(200);
          const { repositories } = (await page.json()) as { repositories: string[] };
          expect(repositories.length).toBeLessThanOrEqual(2);
          found.push(...repositories);
          path = /^<(.+)>; *rel="next"$/.exec(page.headers.get("link") ?? "")?.[1];
        }
        expect(found).toEqual(expect.arrayContaining([one, two]));
        expect(new Set(found).size).toBe(found.length);
      });
    });

    it.each(["Upper/case", "a__-b", "-a", "a//b"])("refuses the name %s", async (bad) => {
      const answer = await client.ask(`/v2/${bad}/tags/list`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    });

    it.runIf(able.referrers)("knows what is said about a manifest, also before it is there", async () => {
      const repository = fresh();
      const subjectText = manifestText("{}", "subject");
      const subject = {
        mediaType: mediaType.ociManifest,
        digest: digestOf(subjectText),
        size: subjectText.length,
      };
      const list = async (query = "") => {
        const answer = await client.ask(`/v2/${repository}/referrers/${subject.digest}${query}`);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("content-type")).toBe(mediaType.ociIndex);
        const { manifests, ...rest } = (await answer.json()) as { manifests: object[] };
        expect(rest).toEqual({ schemaVersion: 2, mediaType: mediaType.ociIndex });
        return { manifests, applied: answer.headers.get("oci-filters-applied") };
      };
      expect(await list()).toEqual({ manifests: [], applied: null });
      await client.putBlob(repository, "{}");
      await client.putBlob(repository, "x");
      const signature = manifestText("{}", "x", {
        artifactType: "application/x.signature",
        annotations: { by: "me" },
        subject,
      });
      const put = await client.putManifest(repository, digestOf(signature), signature);
      expect([put.status, put.headers.get("oci-subject")]).toEqual([201, subject.digest]);
      const plain = manifestText("{}", "x", { subject });
      await client.putManifest(repository, "plain", plain);
      const signed = {
        mediaType: mediaType.ociManifest,
        digest: digestOf(signature),
        size: signature.length,
        artifactType: "application/x.signature",
        annotations: { by: "me" },
      };
      const plainly = {
        mediaType: mediaType.ociManifest,
        digest: digestOf(plain),
        size: plain.length,
        artifactType: mediaType.ociConfig,
      };
      expect((await list()).manifests).toEqual([signed, plainly]);
      expect(await list("?artifactType=application/x.signature")).toEqual({
        manifests: [signed],
        applied: "artifactType",
      });
      const path = `/v2/${repository}/manifests/${digestOf(signature)}`;
      await client.ask(path, { method: "DELETE" });
      expect((await list()).manifests).toEqual([plainly]);
      const wrong = await client.ask(`/v2/${repository}/referrers/sha256:abc`);
      expect([wrong.status, await codeOf(wrong)]).toEqual([400, "DIGEST_INVALID"]);
    });
  });
}
