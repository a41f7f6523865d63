import { expect, describe as group, onTestFinished, test, vi } from "vitest";
import { Pace, retryAfter } from "../../../src/adapters/registry-http/pace.js";
import { client, failure, reference, seedImage, serve, served } from "./client.js";

const NOW = Date.UTC(2026, 2, 1, 12, 0, 0);
const DATE = "Sun, 01 Mar 2026 12:00:00 GMT";

group("the forms of Retry-After", () => {
  const rows: readonly (readonly [string, string | undefined, number | undefined])[] = [
    ["seconds", "2", 2000],
    ["seconds with spaces", " 2 ", 2000],
    ["zero", "0", 0],
    ["a fraction", "0.25", 250],
    ["a negative number", "-5", 0],
    ["the date of today's form", "Sun, 01 Mar 2026 12:00:03 GMT", 3000],
    ["the date of RFC 850", "Sunday, 01-Mar-26 12:00:03 GMT", 3000],
    ["the date of C", "Sun Mar  1 12:00:03 2026", 3000],
    ["a date that is past", "Sun, 01 Mar 2026 11:00:00 GMT", 0],
    ["huge", "86400000", 86_400_000_000],
    ["huge beyond numbers", "9".repeat(400), Number.POSITIVE_INFINITY],
    ["words", "soon", undefined],
    ["a number with words", "2 minutes", undefined],
    ["a day that is none", "Sun, 99 Mar 2026 12:00:03 GMT", undefined],
    ["nothing", "", undefined],
    ["no header", undefined, undefined],
  ];
  test.each(rows)("%s", (_, header, expected) => {
    expect(retryAfter(header, DATE, NOW + 12_345)).toBe(expected);
  });

  test("a date counts from the server's clock, and without it from ours", () => {
    expect(retryAfter("Sun, 01 Mar 2026 12:00:03 GMT", "Sun, 01 Mar 2026 12:00:01 GMT", 0)).toBe(2000);
    expect(retryAfter("Sun, 01 Mar 2026 12:00:03 GMT", undefined, NOW + 1000)).toBe(2000);
    expect(retryAfter("Sun, 01 Mar 2026 12:00:03 GMT", "nonsense", NOW + 1000)).toBe(2000);
  });
});

/** A second of a date's resolution is long for a test, so that the server's clock is one that suits. */
const FORMS: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ["a fraction", { "retry-after": "0.3" }, 300],
  ["seconds", { "retry-after": "1" }, 1000],
  ["a date", { "retry-after": "Sun, 01 Mar 2026 12:00:01 GMT", date: DATE }, 1000],
  ["RFC 850", { "retry-after": "Sunday, 01-Mar-26 12:00:01 GMT", date: DATE }, 1000],
  ["asctime", { "retry-after": "Sun Mar  1 12:00:01 2026", date: DATE }, 1000],
  ["zero", { "retry-after": "0" }, 0],
  ["negative", { "retry-after": "-3" }, 0],
  ["past", { "retry-after": "Sun, 01 Mar 2026 11:00:00 GMT", date: DATE }, 0],
  ["garbage", { "retry-after": "soon" }, 0],
];

group("inside the time that was announced nothing is asked", () => {
  test.each(FORMS)("%s, by 8 at once", async (_, headers, window) => {
    const { memory, host } = await servedFor(headers, window);
    await memory.ask();
    const [first, ...later] = memory.times;
    // Each may be told to wait once.
    expect(memory.good).toBe(9);
    const limited = memory.limited[0]!;
    for (const time of later) if (time > limited) expect(time - limited).toBeGreaterThanOrEqual(window - 2);
    expect(first).toBeDefined();
    expect(host).toBeDefined();
  });

  test("after it one goes first, and the others wait for what it is told", async () => {
    const hold = holds();
    const times: number[] = [];
    const { origin, host } = await serve(async () => {
      times.push(performance.now());
      // Twice: the second one to the scout alone.
      if (times.length === 1 || times.length === 2)
        return new Response(null, { status: 429, headers: { "retry-after": "0.2" } });
      return new Response(null, { status: 404 });
    });
    const registry = client();
    expect(origin).toBeDefined();
    const first = registry.resolve(reference(host));
    await vi.waitUntil(() => hold.mock.calls.length > 0, { timeout: 60_000, interval: 2 });
    await Promise.all([first, ...Array.from({ length: 8 }, () => registry.resolve(reference(host)))]);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(198);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(198);
    expect(times).toHaveLength(11);
  });

  test("a wait that is too long is an error, for all", async () => {
    const { memory, host } = await served();
    memory.faults.add({ status: 429, headers: { "retry-after": "86400" } });
    const registry = client();
    const code = { code: "REGISTRY_BUSY", subject: host };
    expect(await failure(registry.resolve(reference(host)))).toMatchObject(code);
    expect(await failure(registry.document(reference(host)))).toMatchObject(code);
    expect(memory.requests).toHaveLength(1);
  });

  test("what a server says that the registry leads to counts as well", async () => {
    const { memory, host } = await served();
    const times: number[] = [];
    const { document } = await seedImage(memory);
    const other = await serve(async () => {
      times.push(performance.now());
      if (times.length > 1) {
        const headers = { "content-type": document.descriptor.mediaType };
        return new Response(Buffer.from(document.bytes), { headers });
      }
      return new Response(null, { status: 503, headers: { "retry-after": "0.3" } });
    });
    memory.faults.add({ times: 2, status: 307, headers: { location: `${other.origin}/m` } });
    await client().document(reference(host));
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(298);
  });

  test("a token server is left alone when it says so, and tried again when it fails", async () => {
    const times: number[] = [];
    const { host, origin } = await serve(async ({ url, headers }) => {
      if (new URL(url).pathname === "/token") {
        times.push(performance.now());
        if (times.length === 1) return new Response(null, { status: 429, headers: { "retry-after": "0.3" } });
        if (times.length === 2) return new Response(null, { status: 503 });
        return Response.json({ token: "good" });
      }
      if (headers.get("authorization") === "Bearer good") return new Response(null, { status: 404 });
      const challenge = `Bearer realm="${origin}/token"`;
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
    });
    expect(await client().resolve(reference(host))).toBeUndefined();
    expect(times).toHaveLength(3);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(298);
  });

  test("waiting can be given up", async () => {
    const { memory, host } = await served();
    memory.faults.add({ status: 429, headers: { "retry-after": "60" } });
    const stop = new AbortController();
    const work = client().resolve(reference(host), stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(work).rejects.toThrow("enough");
  });
});

/** The calls by which the client notes that it has to wait: other requests begin then, however long the answer takes. */
function holds() {
  const hold = vi.spyOn(Pace.prototype, "hold");
  onTestFinished(() => hold.mockRestore());
  return hold;
}

/** A server that lets the first request through, and tells the second one to wait. */
async function servedFor(headers: Readonly<Record<string, string>>, window: number) {
  const hold = holds();
  const times: number[] = [];
  const limited: number[] = [];
  let good = 0;
  const { host } = await serve(async () => {
    times.push(performance.now());
    if (times.length === 1) {
      limited.push(performance.now());
      return new Response(null, { status: 429, headers });
    }
    good++;
    return new Response(null, { status: 404 });
  });
  const registry = client();
  const ask = async () => {
    const first = registry.resolve(reference(host));
    const isTold = () => (window > 0 ? hold.mock.calls.length > 0 : limited.length > 0);
    while (!isTold()) await new Promise((resolve) => setTimeout(resolve, 2));
    const rest = Array.from({ length: 8 }, () => registry.resolve(reference(host)));
    await Promise.all([first, ...rest]);
  };
  return {
    host,
    memory: {
      times,
      limited,
      ask,
      get good() {
        return good;
      },
    },
  };
}
