import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { expect, describe as group, onTestFinished, test } from "vitest";
import type { HttpRegistryOptions } from "../../../src/adapters/registry-http/http-registry.js";
import {
  alice,
  blobOf,
  client,
  describe,
  download,
  failure,
  reference,
  seedImage,
  served,
  someBytes,
} from "./client.js";

const QUICK: HttpRegistryOptions = {
  idleMs: 300,
  rate: { bytesPerSecond: 20_000, windowMs: 300 },
  pace: { attempts: 2 },
};

/** A server lower than HTTP. */
async function raw(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  const start = performance.now();
  const value = await work;
  expect(performance.now() - start).toBeLessThan(milliseconds);
  return value;
}

const SILENT = { code: "REGISTRY_SILENT" };

group("row 25: servers that are slow", () => {
  test("no byte of an answer", async () => {
    const host = await raw(() => {});
    const registry = client(QUICK);
    expect(await within(3000, failure(registry.document(reference(host))))).toMatchObject(SILENT);
    const large = describe(someBytes(2_000_000));
    expect(await within(5000, failure(download(registry, reference(host), large)))).toMatchObject(SILENT);
    const upload = failure(registry.upload(reference(host), blobOf(someBytes(10))));
    expect(await within(3000, upload)).toMatchObject(SILENT);
  });

  test("no TLS", async () => {
    const host = await raw(() => {});
    const registry = client({ ...QUICK, settings: { [host]: { http: false } } });
    expect(await within(3000, failure(registry.document(reference(host))))).toMatchObject(SILENT);
    const large = describe(someBytes(2_000_000));
    expect(await within(5000, failure(download(registry, reference(host), large)))).toMatchObject(SILENT);
  });

  test.each([5000, 2_000_000])("a blob of %i bytes that stops in the middle", async (size) => {
    const host = await raw((socket) =>
      socket.once("data", () =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(100)}`),
      ),
    );
    const work = download(client(QUICK), reference(host), describe(someBytes(size)));
    expect(await within(6000, failure(work))).toMatchObject(SILENT);
  });

  test.each([5000, 2_000_000])("a blob of %i bytes that comes byte by byte", async (size) => {
    const host = await raw((socket) =>
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        const timer = setInterval(() => socket.write("x"), 20);
        socket.once("close", () => clearInterval(timer));
      }),
    );
    const work = download(client(QUICK), reference(host), describe(someBytes(size)));
    expect(await within(6000, failure(work))).toMatchObject(SILENT);
  });

  test("a manifest that comes byte by byte", async () => {
    const { memory, host } = await served();
    await seedImage(memory);
    memory.faults.add({ match: { method: "GET" }, trickle: { bytes: 1, everyMs: 20 }, times: 9 });
    expect(await within(3000, failure(client(QUICK).document(reference(host))))).toMatchObject(SILENT);
  });

  test("a head that never ends", async () => {
    const host = await raw((socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const timer = setInterval(() => socket.write(`X-A: ${"a".repeat(1000)}\r\n`), 1);
        socket.once("close", () => clearInterval(timer));
      }),
    );
    const code = { code: "REGISTRY_UNREACHABLE" };
    expect(await within(6000, failure(client(QUICK).document(reference(host))))).toMatchObject(code);
    const large = download(client(QUICK), reference(host), describe(someBytes(2_000_000)));
    expect(await within(9000, failure(large))).toMatchObject(code);
  });

  test("an upload that is taken byte by byte", async () => {
    const { memory, host } = await served();
    // Opened here, and then sent to somebody who hardly reads.
    const slow = await raw((socket) => {
      socket.pause();
      const timer = setInterval(() => socket.read(1), 20);
      socket.once("close", () => clearInterval(timer));
    });
    memory.faults.add({
      match: { method: "POST" },
      times: 9,
      status: 202,
      headers: { location: `http://${slow}/up` },
    });
    const registry = client({ ...QUICK, rate: { bytesPerSecond: 200_000, windowMs: 200 } });
    const work = failure(registry.upload(reference(host), blobOf(someBytes(20_000_000))));
    expect(await within(20_000, work)).toMatchObject(SILENT);
  });

  test("a slow source of an upload is not the registry's fault", async () => {
    const { host } = await served();
    const bytes = someBytes(200_000);
    const wait = () => new Promise((resolve) => setTimeout(resolve, 500));
    const blob = {
      descriptor: describe(bytes),
      async *bytes(offset: number) {
        // As long as a layer takes that has to be fetched first.
        await wait();
        yield bytes.subarray(offset, 100_000);
        yield bytes.subarray(Math.max(offset, 100_000));
      },
    };
    expect(await client(QUICK).upload(reference(host), blob)).toBe("uploaded");
  });
});

test("a refusal whose body breaks off while a helper is asked does not hang", async () => {
  const host = await raw((socket) =>
    socket.once("data", () => {
      socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n{");
      setTimeout(() => socket.destroy(), 20);
    }),
  );
  const registry = client({
    credentials: {
      async credentialFor() {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return alice;
      },
    },
  });
  const error = await within(3000, failure(registry.document(reference(host))));
  expect(error).toMatchObject({ code: "REGISTRY_DENIED" });
});
