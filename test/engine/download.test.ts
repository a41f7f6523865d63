import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HttpDownloader } from "../../src/adapters/registry-http/http-downloader.js";
import { MemoryBlobStore } from "../../src/adapters/store-memory/memory-blob-store.js";
import { sha256Hex } from "../../src/core/bytes.js";
import type { AddOperation } from "../../src/plan/operation.js";
import { lines, planOf, testBuild } from "./support/build.js";

const add = (text: string, options: Partial<AddOperation> = {}): AddOperation => ({
  op: "add",
  url: "https://user:secret@example.org/dir/tool.bin?token=secret",
  sha256: sha256Hex(text),
  dest: "/opt/",
  into: true,
  ...options,
});

function downloader(text: string) {
  let calls = 0;
  return {
    calls: () => calls,
    async *fetch() {
      calls++;
      yield Buffer.from(text.slice(0, 1));
      yield Buffer.from(text.slice(1));
    },
  };
}

test("a file is fetched once, verified, and gets 0600", async () => {
  const store = new MemoryBlobStore();
  const downloads = downloader("tool");
  const plan = planOf([[add("tool")]]);
  const first = await testBuild(plan, undefined, { store, downloads });
  expect(lines(first.layers[0])).toEqual(["opt/ 0755 0:0", 'opt/tool.bin 0600 0:0 "tool"']);
  const again = await testBuild(plan, undefined, { store, downloads });
  expect(again.built.layers[0]?.cached).toBe(true);
  expect(downloads.calls()).toBe(1);
});

test("another file is refused with both digests and without credentials", async () => {
  const store = new MemoryBlobStore();
  const error = await testBuild(planOf([[add("good")]]), undefined, {
    store,
    downloads: downloader("evil"),
  }).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: "ADD_DIGEST_WRONG" });
  expect(error.message).toContain(sha256Hex("good"));
  expect(error.message).toContain(sha256Hex("evil"));
  expect(`${error.message} ${error.hint} ${error.subject}`).not.toContain("secret");
  expect(store.blobs.size).toBe(0);
});

test("a damaged copy in the store is fetched again", async () => {
  const store = new MemoryBlobStore();
  const downloads = downloader("tool");
  store.blobs.set(`sha256:${sha256Hex("tool")}`, Buffer.from("t00l"));
  const { layers } = await testBuild(
    planOf([[add("tool", { mode: { octal: 0o755 }, dest: "/t", into: false })]]),
    undefined,
    { store, downloads },
  );
  expect(lines(layers[0])).toEqual(['t 0755 0:0 "tool"']);
  expect(downloads.calls()).toBe(1);
});

describe("over HTTP", () => {
  let server: Server;
  let requests: string[];
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request.url!);
      if (request.url === "/moved") response.writeHead(302, { location: "/file" }).end();
      else if (request.url === "/busy" && requests.length < 3) response.writeHead(503).end();
      else if (request.url === "/missing") response.writeHead(404).end("secret body");
      else if (request.url === "/cut") cut(response, {}, "half");
      else if (request.url === "/cut-at-once") {
        if (requests.length < 3) cut(response, {}, "");
        else response.end("content");
      } else if (request.url === "/resumed" || request.url === "/changed") {
        const { range, "if-range": tag } = request.headers;
        if (range === undefined) cut(response, { etag: '"1"' }, "con");
        else if (request.url === "/changed") response.writeHead(200, { etag: '"2"' }).end("another");
        else if (tag === '"1"' && range === "bytes=3-")
          response.writeHead(206, { "content-range": "bytes 3-6/7" }).end("tent");
        else response.writeHead(400).end();
      } else if (request.url === "/downhill")
        response.writeHead(302, { location: "ftp://x.example/?k=secret" }).end();
      else if (request.url === "/round") response.writeHead(307, { location: "/round" }).end();
      else if (request.url === "/squeezed")
        response.end(request.headers["accept-encoding"] === "identity" ? "content" : "other bytes");
      else if (request.url !== "/silent") response.end("content");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  /** Ends the connection in the middle of the body, when the first bytes have left. */
  function cut(response: ServerResponse, headers: Record<string, string>, text: string): void {
    response.writeHead(200, { "content-length": "100", ...headers });
    response.flushHeaders();
    response.write(text === "" ? Buffer.alloc(0) : text, () => setImmediate(() => response.destroy()));
  }
  beforeEach(() => {
    requests = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function read(path: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    const downloads = new HttpDownloader({ pace: { firstMs: 1 }, idleMs: 200, env: {} });
    for await (const chunk of downloads.fetch(url(path))) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }

  test.each(["/file", "/moved", "/busy", "/cut-at-once", "/resumed", "/squeezed"])("%s", async (path) => {
    expect(await read(path)).toBe("content");
  });

  test.each([
    ["/missing", "the server answers 404", 1],
    ["/cut", "the connection was reset", 1],
    ["/changed", "the server does not give the rest of the same file", 2],
    ["/downhill", "it leads to x.example, where we do not go: ftp: is no address of the web", 1],
    ["/round", "it is the 11th redirect of one request", 11],
    ["/silent", "no byte for 0 s", 3],
  ])("%s fails with a code", async (path, reason, attempts) => {
    await expect(read(path)).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringContaining(reason),
    });
    expect(requests).toHaveLength(attempts);
  });

  test("credentials in an address are refused and never shown", async () => {
    const downloads = new HttpDownloader().fetch("http://u:secret@127.0.0.1:1/x?k=secret");
    const error = await downloads.next().catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(JSON.stringify(error) + (error as Error).message).not.toContain("secret");
  });
});
