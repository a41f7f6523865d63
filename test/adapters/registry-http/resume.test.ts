import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { expect, describe as group, onTestFinished, test } from "vitest";
import { digestOf } from "../../../src/oci/digest.js";
import type { Fault } from "../../../src/testing/index.js";
import {
  blobOf,
  client,
  describe,
  download,
  failure,
  reference,
  requestLines,
  seedBlob,
  served,
  someBytes,
} from "./client.js";

const MIB = 1 << 20;
const BLOBS = { path: /\/blobs\/sha256/ };

/** A server of one blob that cuts each of its first answers after some bytes, and counts what it sends. */
async function cutting(bytes: Buffer, cuts: readonly number[], ranges: boolean) {
  const seen = { sent: 0, requests: 0 };
  const left = [...cuts];
  const server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", (head) => {
      seen.requests++;
      const asked = /\r\nrange: bytes=(\d+)-\r\n/i.exec(head.toString());
      const from = ranges && asked !== null ? Number(asked[1]) : 0;
      const length = `Content-Length: ${bytes.length - from}\r\nConnection: close\r\n`;
      const status = from === 0 ? "200 OK" : "206 Partial Content";
      const range = from === 0 ? "" : `Content-Range: bytes ${from}-${bytes.length - 1}/${bytes.length}\r\n`;
      const cut = left.shift() ?? Number.POSITIVE_INFINITY;
      const body = bytes.subarray(from, from + cut);
      seen.sent += body.length;
      socket.write(`HTTP/1.1 ${status}\r\n${length}${range}\r\n`);
      socket.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Numbers that look random and are the same in each run. */
function places(count: number, below: number, seed: number): number[] {
  const bytes = someBytes(count * 4, seed);
  return Array.from({ length: count }, (_, at) => bytes.readUInt32LE(at * 4) % below);
}

group("a download that is cut is taken up where it was", () => {
  const big = someBytes(4 * MIB, 1);
  const small = someBytes(700_000, 2);

  test.each([
    ["on the fast path", big],
    ["on the general path", small],
  ])("once, at 25 random places, %s", async (_, bytes) => {
    let sent = 0;
    const cuts = places(25, bytes.length, 7);
    for (const cut of cuts) {
      const { host, seen } = await cutting(bytes, [cut], true);
      const found = await download(client(), reference(host), describe(bytes));
      expect(digestOf(found)).toBe(digestOf(bytes));
      expect(seen.requests).toBe(2);
      sent += seen.sent;
    }
    expect(sent).toBeLessThanOrEqual(bytes.length * cuts.length * 1.05);
  });

  test("50 times in one blob of 100 MiB", async () => {
    const bytes = someBytes(MIB, 3);
    const all = Buffer.concat(Array.from({ length: 100 }, () => bytes));
    const cuts = places(50, 2 * MIB, 8).map((cut) => MIB + (cut % MIB));
    const { host, seen } = await cutting(all, cuts, true);
    let size = 0;
    await client().download(reference(host), describe(all), (chunk) => {
      size += chunk.length;
    });
    expect(size).toBe(all.length);
    expect(seen.requests).toBe(51);
    expect(seen.sent).toBeLessThanOrEqual(all.length * 1.05);
  });

  test.each([
    ["on the fast path", big],
    ["on the general path", small],
  ])("from the start where there are no ranges, %s", async (_, bytes) => {
    for (const cut of places(5, bytes.length, 9)) {
      const { host, seen } = await cutting(bytes, [cut, Math.floor(cut / 2)], false);
      const found = await download(client(), reference(host), describe(bytes));
      expect(digestOf(found)).toBe(digestOf(bytes));
      expect(seen.requests).toBe(3);
    }
  });

  test("but not for ever", async () => {
    const { host, seen } = await cutting(small, places(100, 1000, 10), true);
    const error = await failure(download(client(), reference(host), describe(small)));
    expect(error).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    expect(seen.requests).toBe(5);
  });
});

group("row 16: answers to a range that are something else", () => {
  const bytes = someBytes(2 * MIB, 4);
  const answers: readonly (readonly [string, Fault])[] = [
    ["200", { respond: (request, pass) => pass(new Request(request.url)) }],
    ["206 of another start", { headers: { "content-range": `bytes 0-${bytes.length - 1}/${bytes.length}` } }],
    ["206 without a range", { headers: { "content-range": null } }],
    ["206 of another size", { headers: { "content-range": `bytes 100000-${bytes.length - 1}/9999999` } }],
    ["206 in parts", { headers: { "content-range": null, "content-type": "multipart/byteranges" } }],
    ["416", { status: 416 }],
  ];
  test.each(answers)("%s", async (_, fault) => {
    for (const size of [bytes.length, 300_000]) {
      const { memory, host } = await served();
      const part = bytes.subarray(0, size);
      const descriptor = await seedBlob(memory, "acme/app", part);
      memory.faults.add({ match: BLOBS, cutAfter: 100_000 }, { match: BLOBS, ...fault });
      const found = await download(client(), reference(host), descriptor);
      expect(digestOf(found)).toBe(descriptor.digest);
      expect(memory.faults.pending).toBe(0);
    }
  });

  test("a range that nobody asked for", async () => {
    const { memory, host } = await served();
    const descriptor = await seedBlob(memory, "acme/app", bytes);
    const range = { range: "bytes=1000-" };
    memory.faults.add({
      match: BLOBS,
      times: 9,
      respond: ({ url }, pass) => pass(new Request(url, { headers: range })),
    });
    expect(await failure(download(client(), reference(host), descriptor))).toMatchObject({
      code: "BLOB_WRONG",
    });
  });
});

group("a blob that is another", () => {
  test.each([5000, 2 * MIB])("of %i bytes", async (size) => {
    const bytes = someBytes(size, 5);
    const other = Buffer.from(bytes);
    other[size - 1]! ^= 1;
    for (const body of [other, bytes.subarray(1), Buffer.concat([bytes, Buffer.from("x")])]) {
      const { memory, host } = await served();
      const headers = { "content-length": String(body.length) };
      memory.faults.add({ match: BLOBS, times: 9, status: 200, body, headers });
      const error = await failure(download(client(), reference(host), describe(bytes)));
      expect(error).toMatchObject({ code: "BLOB_WRONG", subject: digestOf(bytes) });
    }
  });

  test("a body that the end of the connection ends is not whole because of that", async () => {
    const bytes = someBytes(5000, 6);
    const cut = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    let requests = 0;
    const server = createServer((socket) =>
      socket.once("data", () => {
        const body = requests++ === 0 ? bytes.subarray(0, 1000) : bytes;
        socket.end(Buffer.concat([Buffer.from(cut), body]));
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await download(client(), reference(host), describe(bytes))).toEqual(bytes);
    expect(requests).toBe(2);
  });
});

const UPLOAD = /\/blobs\/uploads\/./;

group("an upload that is cut", () => {
  const bytes = someBytes(3 * MIB, 11);
  const whole = { chunkBytes: undefined };
  const parts = { chunkBytes: 500_000 };

  async function upload(
    faults: readonly Fault[],
    { chunkBytes }: { readonly chunkBytes: number | undefined },
  ) {
    const { memory, host } = await served();
    memory.faults.add(...faults);
    const settings = chunkBytes === undefined ? {} : { [host]: { chunkBytes } };
    const blob = blobOf(bytes);
    const work = client({ settings }).upload(reference(host), blob);
    const check = async () => {
      const found = await download(client(), reference(host), blob.descriptor);
      expect(digestOf(found)).toBe(blob.descriptor.digest);
    };
    return { memory, host, blob, work, check };
  }

  test.each([
    ["whole", whole, "PUT"],
    ["in parts", parts, "PATCH"],
  ])("goes on where the registry is: %s", async (_, settings, method) => {
    for (const cut of places(8, 400_000, 12)) {
      const { memory, blob, work, check } = await upload(
        [{ match: { method, path: UPLOAD }, skip: 0, cutRequestAfter: cut }],
        settings,
      );
      expect(await work).toBe("uploaded");
      expect(requestLines(memory).filter((line) => line.startsWith("GET"))).toHaveLength(1);
      // It is read again from the middle, or not far from it.
      expect(blob.reads[1]).toBeGreaterThan(0);
      await check();
    }
  });

  test("parts are as long as they are to be", async () => {
    const { memory, work, check } = await upload([], parts);
    await work;
    const ranges = memory.requests.flatMap(({ headers }) => headers.get("content-range") ?? []);
    expect(ranges.slice(0, 2)).toEqual(["0-499999", "500000-999999"]);
    expect(ranges).toHaveLength(7);
    await check();
  });

  test("parts are not shorter than the registry wants them", async () => {
    const { memory, work, check } = await upload(
      [{ match: { method: "POST" }, headers: { "oci-chunk-min-length": "2000000" } }],
      parts,
    );
    await work;
    const ranges = memory.requests.flatMap(({ headers }) => headers.get("content-range") ?? []);
    expect(ranges).toEqual(["0-1999999", `2000000-${bytes.length - 1}`]);
    await check();
  });

  test("a part of one byte, whose range looks like none", async () => {
    const { memory, host } = await served();
    const registry = client({ settings: { [host]: { chunkBytes: 1 } } });
    expect(await registry.upload(reference(host), blobOf(someBytes(3)))).toBe("uploaded");
    expect(memory.requests.filter(({ method }) => method === "PATCH")).toHaveLength(3);
  });

  test("an empty blob", async () => {
    for (const chunkBytes of [undefined, 10]) {
      const { host } = await served();
      const registry = client({ settings: chunkBytes === undefined ? {} : { [host]: { chunkBytes } } });
      expect(await registry.upload(reference(host), blobOf(Buffer.alloc(0)))).toBe("uploaded");
    }
  });

  test("413 leads to parts", async () => {
    const { memory, work, check } = await upload([{ match: { method: "PUT" }, status: 413 }], whole);
    expect(await work).toBe("uploaded");
    expect(memory.requests.map(({ method }) => method).slice(-2)).toEqual(["PATCH", "PUT"]);
    await check();
  });

  test("whoever just hangs up at a large body is sent parts in the end", async () => {
    const isWhole = ({ method, headers }: Request) =>
      method === "PUT" && Number(headers.get("content-length")) > 0;
    const { work, check } = await upload(
      [{ match: isWhole, times: Number.POSITIVE_INFINITY, drop: "before" }],
      whole,
    );
    expect(await work).toBe("uploaded");
    await check();
  });

  test.each([
    ["whole", whole],
    ["in parts", parts],
  ])("begins again where the registry has forgotten it: %s", async (_, settings) => {
    const gone: Fault = { match: { method: "GET", path: UPLOAD }, status: 404 };
    const method = settings === whole ? "PUT" : "PATCH";
    const { memory, work, check } = await upload(
      [{ match: { method, path: UPLOAD }, skip: 0, cutRequestAfter: 300_000 }, gone],
      settings,
    );
    expect(await work).toBe("uploaded");
    expect(memory.requests.filter(({ method }) => method === "POST")).toHaveLength(2);
    await check();
  });

  test("is not sent again where only the answer was lost", async () => {
    const { memory, blob, work, check } = await upload([{ match: { method: "PUT" }, drop: "after" }], whole);
    expect(await work).toBe("uploaded");
    expect(blob.reads).toEqual([0]);
    expect(memory.requests.at(-1)?.method).toBe("HEAD");
    await check();
  });

  const endless: readonly (readonly [string, readonly Fault[], typeof whole | typeof parts])[] = [
    [
      "that breaks each time",
      [{ match: { method: "PUT" }, times: Number.POSITIVE_INFINITY, drop: "before" }],
      whole,
    ],
    [
      "that is forgotten each time",
      [
        { match: { method: "PATCH" }, times: Number.POSITIVE_INFINITY, cutRequestAfter: 100_000 },
        { match: { method: "GET" }, times: Number.POSITIVE_INFINITY, status: 404 },
      ],
      parts,
    ],
    [
      "that is forgotten each second time",
      [
        { match: { method: "PATCH" }, times: Number.POSITIVE_INFINITY, cutRequestAfter: 100_000 },
        ...Array.from({ length: 40 }, (_, at) => ({
          match: { method: "GET" },
          ...(at % 2 === 0 ? {} : { status: 404 }),
        })),
      ],
      parts,
    ],
    [
      "whose parts are all out of place",
      [{ match: { method: "PATCH" }, times: Number.POSITIVE_INFINITY, status: 416 }],
      parts,
    ],
    [
      "whose parts are taken and not kept",
      [
        {
          match: { method: "PATCH" },
          times: Number.POSITIVE_INFINITY,
          status: 202,
          headers: { range: "0-0" },
        },
      ],
      parts,
    ],
  ];
  test.each(endless)("ends: one %s", async (_, faults, settings) => {
    const { memory, work } = await upload(faults, settings);
    const error = await failure(work);
    expect(error.code).toMatch(/^REGISTRY_/);
    expect(memory.requests.length).toBeLessThan(60);
  });

  test("can be given up", async () => {
    const { memory, host } = await served();
    memory.faults.add({ match: { method: "PUT" }, delayMs: 500 });
    const stop = new AbortController();
    const work = client().upload(reference(host), blobOf(bytes), { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 100);
    await expect(work).rejects.toThrow("enough");
  });
});
