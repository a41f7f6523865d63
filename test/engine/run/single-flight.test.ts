import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { takeLock } from "../../../src/adapters/host/owned-lock.js";
import { openDirStore } from "../../../src/adapters/store-dir/dir-blob-store.js";
import { MemoryBlobStore } from "../../../src/adapters/store-memory/memory-blob-store.js";
import { Turns } from "../../../src/engine/ports.js";
import type { RunOperation } from "../../../src/plan/operation.js";
import type { BlobStore } from "../../../src/ports/blob-store.js";
import type { ProgressEvent } from "../../../src/ports/progress.js";
import type { RootLayer, Sandbox, SandboxRun } from "../../../src/ports/sandbox.js";
import { tarBytes } from "../../fixtures/tar-bytes.js";
import { lines, planOf, testBuild } from "../support/build.js";

/** Runs nothing: each command leaves a file that holds how many ran before it. */
class CountingSandbox implements Sandbox {
  readonly ran: string[] = [];
  /** What the first, the second command and so on wait for before they end. */
  readonly gates: Promise<unknown>[] = [];
  onRun: (() => void) | undefined;

  async check(): Promise<void> {}
  hasProgram(): boolean {
    return true;
  }
  async isFirstOnHostNetwork(): Promise<boolean> {
    return false;
  }
  interprets(): boolean {
    return true;
  }
  async find(): Promise<undefined> {
    return undefined;
  }
  async unpack(): Promise<RootLayer> {
    return { id: "unpacked" };
  }
  async run(request: SandboxRun) {
    const command = request.args.at(-1)!;
    const count = this.ran.push(command);
    const data = Buffer.from(String(count));
    this.onRun?.();
    await this.gates[count - 1];
    if (command === "fails") return { exitCode: 1, timedOut: false, changes: undefined as never };
    const read = async (sink: (chunk: Uint8Array) => void) =>
      sink(tarBytes([{ path: command.slice(1), type: "file", mode: 0o644, data }]));
    return { exitCode: 0, timedOut: false, changes: { layer: { id: String(count) }, read } };
  }
  async hostRun(): Promise<never> {
    throw new Error("no command of the host here");
  }
  async release(): Promise<void> {}

  async close(): Promise<void> {}
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const run = (command: string): RunOperation => ({ op: "run", command: ["sh", command], shell: [], env: {} });
const plan = (...commands: string[]) => planOf(commands.map((command) => [run(command)]));

describe("a command that several builds come to", () => {
  it("runs once; who waits is told so and gets the same layers", async () => {
    const store = new MemoryBlobStore();
    const sandbox = new CountingSandbox();
    const { promise, resolve } = deferred();
    sandbox.gates.push(promise);
    const events: ProgressEvent[] = [];
    const report = (event: ProgressEvent) => {
      events.push(event);
      if (event.kind === "wait") resolve();
    };
    const ports = { store, sandbox, progress: { report } };
    const [one, two] = await Promise.all([
      testBuild(plan("/stamp", "/a"), undefined, ports),
      testBuild(plan("/stamp", "/b"), undefined, ports),
    ]);
    expect(sandbox.ran.toSorted()).toEqual(["/a", "/b", "/stamp"]);
    expect(lines(one.layers[0])).toEqual(lines(two.layers[0]));
    expect(events.filter(({ kind }) => kind === "wait")).toHaveLength(1);
  });

  it("is run by the next one when it failed", async () => {
    const store = new MemoryBlobStore();
    const sandbox = new CountingSandbox();
    const both = [1, 2].map(() => testBuild(plan("fails"), undefined, { store, sandbox }));
    const ends = await Promise.allSettled(both);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(sandbox.ran).toEqual(["fails", "fails"]);
  });

  it("is waited for no longer than the build goes on", async () => {
    const store = new MemoryBlobStore();
    const sandbox = new CountingSandbox();
    const gate = deferred();
    sandbox.gates.push(gate.promise);
    const running = deferred();
    sandbox.onRun = running.resolve;
    const first = testBuild(plan("/stamp"), undefined, { store, sandbox });
    await running.promise;
    const controller = new AbortController();
    const report = ({ kind }: ProgressEvent) => {
      if (kind === "wait") controller.abort(new Error("stopped"));
    };
    const ports = { store, sandbox, progress: { report } };
    const second = testBuild(plan("/stamp"), undefined, ports, { signal: controller.signal });
    await expect(second).rejects.toThrow("stopped");
    gate.resolve();
    expect(lines((await first).layers[0])).toEqual(['stamp 0644 0:0 "1"']);
  });

  it("that two ran after all is what the first of them recorded, and so is what stands on it", async () => {
    const store = new MemoryBlobStore();
    // Two machines that share a directory and cannot see each other.
    store.alone = (_, work) => work();
    const sandbox = new CountingSandbox();
    const both = deferred();
    const first = deferred();
    sandbox.gates.push(both.promise, first.promise);
    sandbox.onRun = () => {
      if (sandbox.ran.length === 2) both.resolve();
    };
    const [one, two] = await Promise.all([
      testBuild(plan("/stamp", "/a"), undefined, { store, sandbox }).finally(first.resolve),
      testBuild(plan("/stamp", "/b"), undefined, { store, sandbox }),
    ]);
    expect(sandbox.ran.filter((command) => command === "/stamp")).toHaveLength(2);
    expect(lines(one.layers[0])).toEqual(lines(two.layers[0]));
    const ran = sandbox.ran.length;
    const again = await testBuild(plan("/stamp", "/b"), undefined, { store, sandbox });
    expect(sandbox.ran).toHaveLength(ran);
    expect(again.built.image.manifest.descriptor.digest).toBe(two.built.image.manifest.descriptor.digest);
  });

  it("runs once for all builds that are to run everything again", async () => {
    const store = new MemoryBlobStore();
    const sandbox = new CountingSandbox();
    const ports = { store, sandbox };
    await testBuild(plan("/stamp"), undefined, ports);
    const options = { cache: false, turns: new Turns() };
    await testBuild(plan("/stamp", "/a"), undefined, ports, options);
    await testBuild(plan("/stamp", "/b"), undefined, ports, options);
    expect(sandbox.ran).toEqual(["/stamp", "/stamp", "/a", "/b"]);
  });
});

describe("a lock", () => {
  const folder = mkdtempSync(join(tmpdir(), "layerwright-lock-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const elsewhere = `${"0".repeat(12)}.1.1.${"0".repeat(12)}`;

  it("of another machine is taken over when it was not renewed for long", async () => {
    const lock = join(folder, "lock");
    symlinkSync(elsewhere, lock);
    // So does a machine that died while it broke such a lock.
    symlinkSync(elsewhere, `${lock}.break`);
    let waits = 0;
    const release = await takeLock(lock, { silenceMs: 0, onWait: () => waits++ });
    expect(waits).toBe(1);
    expect(readlinkSync(lock)).not.toBe(elsewhere);
    release?.();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that was taken over is not given back by the one who had it before", async () => {
    const lock = join(folder, "lost");
    const release = await takeLock(lock);
    rmSync(lock);
    symlinkSync(elsewhere, lock);
    release?.();
    expect(readlinkSync(lock)).toBe(elsewhere);
  });
});

describe("a store on disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "layerwright-alone-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("lets one work at a time, by name", async () => {
    const stores: BlobStore[] = [await openDirStore({ folder }), await openDirStore({ folder })];
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`+${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`-${name}`);
    };
    await Promise.all(stores.flatMap((store) => ["a", "b"].map((name) => store.alone("same", work(name)))));
    for (let at = 0; at < order.length; at += 2) expect(order[at + 1]).toBe(order[at]!.replace("+", "-"));
    // Another name is no reason to wait.
    await stores[0]!.alone("one", () => stores[1]!.alone("two", async () => {}));
  });
});
