import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.js";
import { MemoryRegistry } from "../../../src/testing/index.js";
import { type Served, serveHandler } from "../../peers/serve-handler.js";
import { codeOf, HttpClient, withDigest } from "./http-client.js";

const TEXT = "0123456789";

/** What arrived of a body before it failed, and whether it did. */
async function readAll(answer: Response): Promise<{ text: string; failed: boolean }> {
  let text = "";
  try {
    for await (const piece of answer.body!) text += Buffer.from(piece).toString();
  } catch {
    return { text, failed: true };
  }
  return { text, failed: false };
}

describe.each(["in memory", "over a socket"])("faults %s", (way) => {
  let registry: MemoryRegistry;
  let served: Served | undefined;
  let client: HttpClient;
  let blob: string;

  beforeEach(async () => {
    registry = new MemoryRegistry();
    if (way === "in memory") client = new HttpClient(registry.handle);
    else {
      served = await serveHandler(registry.handle);
      client = new HttpClient((request) => fetch(request, { redirect: "manual" }), served.origin);
    }
    blob = `/v2/acme/app/blobs/${await client.putBlob("acme/app", TEXT)}`;
  });
  afterEach(async () => {
    await served?.close();
    served = undefined;
  });

  it("hit as often as they say, after as many as they say, in their order", async () => {
    registry.faults.add({ skip: 1, times: 2, status: 503 }, { times: 1, status: 429 });
    const seen: number[] = [];
    for (let time = 0; time < 6; time++) seen.push((await client.ask("/v2/")).status);
    // The first passes the one that skips and meets the other.
    expect(seen).toEqual([429, 503, 503, 200, 200, 200]);
    expect(registry.faults.pending).toBe(0);
  });

  it("are for the requests that they match", async () => {
    const { faults } = registry;
    faults.add(
      { match: { method: "head" }, status: 500 },
      { match: { path: "/v2/" }, status: 501 },
      { match: { path: /tags.*n=1$/ }, status: 502 },
      { match: (request) => request.headers.get("x-try") === "2", status: 503 },
    );
    expect(faults.pending).toBe(4);
    expect((await client.ask(blob)).status).toBe(200);
    expect((await client.ask(blob, { method: "HEAD" })).status).toBe(500);
    expect((await client.ask("/v2/?x=1")).status).toBe(501);
    expect((await client.ask("/v2/acme/app/tags/list?n=1")).status).toBe(502);
    expect((await client.ask(blob, { headers: { "x-try": "2" } })).status).toBe(503);
    expect(faults.pending).toBe(0);
    faults.add({ times: Infinity, status: 500 });
    for (let time = 0; time < 3; time++) expect((await client.ask("/v2/")).status).toBe(500);
    faults.clear();
    expect([(await client.ask("/v2/")).status, faults.pending]).toEqual([200, 0]);
  });

  it.each(["7", "Fri, 31 Dec 1999 23:59:59 GMT"])("say when to try again: %s", async (when) => {
    registry.faults.add({ status: 429, headers: { "retry-after": when }, body: "slow down" });
    const answer = await client.ask(blob);
    expect([answer.status, answer.headers.get("retry-after"), await answer.text()]).toEqual([
      429,
      when,
      "slow down",
    ]);
  });

  it("change and take away headers of what the registry says", async () => {
    const headers = {
      "docker-content-digest": digestOf("a lie"),
      "content-range": "bytes 0-9/99",
      "accept-ranges": null,
    };
    registry.faults.add({ headers });
    const answer = await client.ask(blob, { headers: { range: "bytes=2-" } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("docker-content-digest")).toBe(digestOf("a lie"));
    expect(answer.headers.get("content-range")).toBe("bytes 0-9/99");
    expect(answer.headers.get("accept-ranges")).toBeNull();
    expect(await answer.text()).toBe("23456789");
  });

  it("redirect to another origin", async () => {
    registry.faults.add({ status: 307, headers: { location: "http://127.0.0.1:1/blob" } });
    const answer = await client.ask(blob);
    expect([answer.status, answer.headers.get("location")]).toEqual([307, "http://127.0.0.1:1/blob"]);
  });

  it("answer a part with the whole, and with bytes that were packed on the way", async () => {
    registry.faults.add({ respond: (request, pass) => pass(new Request(request.url)) });
    const whole = await client.ask(blob, { headers: { range: "bytes=2-" } });
    expect([whole.status, await whole.text()]).toEqual([200, TEXT]);
    registry.faults.add({
      respond: async (_, pass) => {
        const packed = gzipSync(await (await pass()).text());
        return new Response(packed, { headers: { "content-encoding": "gzip" } });
      },
    });
    const encoded = await client.ask(blob);
    expect(encoded.headers.get("content-encoding")).toBe("gzip");
    const bytes = Buffer.from(await encoded.arrayBuffer());
    // fetch over a socket unpacks it.
    expect((way === "in memory" ? gunzipSync(bytes) : bytes).toString()).toBe(TEXT);
  });

  it("answer a page of HTML", async () => {
    registry.faults.add({ status: 200, headers: { "content-type": "text/html" }, body: "<html>" });
    const answer = await client.ask("/v2/acme/app/manifests/v1");
    expect([answer.headers.get("content-type"), await answer.text()]).toEqual(["text/html", "<html>"]);
  });

  it.each([0, 4, 10])("cut the answer after %i bytes", async (cutAfter) => {
    registry.faults.add({ cutAfter });
    const answer = await client.ask(blob);
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "10"]);
    const failed = way === "in memory" || cutAfter < 10;
    expect(await readAll(answer)).toEqual({ text: TEXT.slice(0, cutAfter), failed });
  });

  it("drop the connection before the registry acts, or after", async () => {
    registry.faults.add({ match: { method: "DELETE" }, drop: "before" });
    await expect(client.ask(blob, { method: "DELETE" })).rejects.toThrow();
    expect((await client.ask(blob)).status).toBe(200);
    registry.faults.add({ match: { method: "DELETE" }, drop: "after" });
    await expect(client.ask(blob, { method: "DELETE" })).rejects.toThrow();
    expect((await client.ask(blob)).status).toBe(404);
  });

  it("cut what is sent: the upload goes on where it was", async () => {
    const location = await client.startUpload("acme/app");
    registry.faults.add({ match: { method: "PATCH" }, cutRequestAfter: 4 });
    await expect(client.ask(location, { method: "PATCH", body: "abcdefgh" })).rejects.toThrow();
    const status = await client.ask(location);
    expect(status.headers.get("range")).toBe("0-3");
    const headers = { "content-range": "4-7" };
    expect((await client.ask(location, { method: "PATCH", headers, body: "efgh" })).status).toBe(202);
    const put = await client.ask(withDigest(location, digestOf("abcdefgh")), { method: "PUT" });
    expect(put.status).toBe(201);
  });

  it("wait, and send a little now and then", async () => {
    registry.faults.add({ delayMs: 60, trickle: { bytes: 2, everyMs: 20 } });
    const start = performance.now();
    const answer = await client.ask(blob);
    const begun = performance.now();
    expect(begun - start).toBeGreaterThan(50);
    expect(await readAll(answer)).toEqual({ text: TEXT, failed: false });
    expect(performance.now() - begun).toBeGreaterThan(70);
  });

  it("never end, until the reader has enough", async () => {
    registry.faults.add({ endless: true });
    const answer = await client.ask(blob);
    expect(answer.headers.get("content-length")).toBeNull();
    let bytes = 0;
    for await (const piece of answer.body!) {
      bytes += piece.length;
      if (bytes > 1_000_000) break;
    }
    expect(bytes).toBeGreaterThan(1_000_000);
  });

  it("leave what is wrong with the request to the registry", async () => {
    registry.faults.add({ match: { path: "/v2/elsewhere" }, status: 500 });
    const answer = await client.ask(`${blob}0`);
    expect([answer.status, await codeOf(answer)]).toEqual([400, "DIGEST_INVALID"]);
    expect(registry.faults.pending).toBe(1);
  });
});
