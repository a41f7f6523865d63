import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Base, build, Catalog, check, Image, report, share, waste } from "layerwright";
import { beforeAll, describe, expect, test } from "vitest";
import type { ProgressEvent } from "../../src/ports/progress.js";
import { tempFolder } from "../adapters/temp-folder.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";

const missing = await whyNoSandbox();
beforeAll(() => void ensureBases());

class HookFailed extends Error {}

/** An image whose build reports every kind of event but `wait` and `warn`. */
function loudImage(): Image {
  const base = Base.rootfs(join(BASES, "rootfs.tar"));
  return missing === undefined
    ? Image.from(base).write("/one", "1").run("echo hello; echo more", { network: "none" }).write("/two", "2")
    : Image.from(base).write("/one", "1");
}

/** What fails in a hook, and how. */
const WAYS = {
  "a hook that throws": () => {
    throw new HookFailed("thrown");
  },
  "a hook whose promise rejects": async () => {
    throw new HookFailed("rejected");
  },
  "a hook whose promise rejects later": async () => {
    await new Promise(setImmediate);
    throw new HookFailed("rejected later");
  },
} as const;

/** What is in a store but for what was made whole. */
function leftIn(store: string): string[] {
  return ["tmp", "active", "locks", "roots/work"].flatMap((name) => {
    const folder = join(store, name);
    return existsSync(folder) ? readdirSync(folder).map((left) => `${name}/${left}`) : [];
  });
}

describe.each(Object.entries(WAYS))("T5: %s", (way, fail) => {
  const kinds: readonly ProgressEvent["kind"][] =
    missing === undefined ? ["start", "advance", "output", "finish"] : ["start", "advance", "finish"];

  test.each(kinds)(
    "on the first event of the kind %s rejects the build's promise",
    {
      timeout: 60_000,
    },
    async (kind) => {
      const folder = tempFolder();
      const store = join(folder, "store");
      const output = join(folder, "image.tar");
      let failed = 0;
      const progress = {
        report: (event: ProgressEvent) => {
          if (event.kind !== kind || failed++ > 0) return;
          return fail();
        },
      };
      const built = build(loudImage(), { store, output, context: tempFolder(), progress });
      await expect(built).rejects.toThrow(HookFailed);
      expect(failed).toBeGreaterThan(0);
      expect(existsSync(output)).toBe(false);
      await expect.poll(() => leftIn(store), { timeout: 60_000 }).toEqual([]);
      expect(readdirSync(folder)).toEqual(["store"]);
    },
  );

  test("rejects every verb that builds", { timeout: 60_000 }, async () => {
    const folder = tempFolder();
    const image = Image.scratch().write("/one", "1");
    const catalog = new Catalog("acme", { image }, { platforms: ["linux/amd64"] });
    const verbs: Readonly<Record<string, (options: object) => Promise<unknown>>> = {
      build: (options) => build(catalog, { ...options, output: join(folder, "out") }),
      report: (options) => report(catalog, { ...options, out: join(folder, "report.html") }),
      share: (options) => share(catalog, options),
      waste: (options) => waste(catalog, options),
    };
    for (const [name, verb] of Object.entries(verbs)) {
      const store = join(folder, `store-${name}`);
      const done = verb({ store, context: tempFolder(), progress: { report: () => fail() } });
      await expect(done, name).rejects.toThrow(HookFailed);
      expect(leftIn(store)).toEqual([]);
    }
    // What was whole before the rejection came stays.
    if (way !== "a hook whose promise rejects later")
      expect(readdirSync(folder).filter((name) => !name.startsWith("store-"))).toEqual([]);
    // One that builds nothing reports nothing.
    await check(catalog, { context: tempFolder(), progress: { report: () => fail() } });
  });
});

describe("T5: a signal", () => {
  test("that is aborted before stops the build before anything is done", async () => {
    const folder = tempFolder();
    const events: ProgressEvent[] = [];
    const output = join(folder, "image.tar");
    const built = build(Image.scratch().write("/one", "1"), {
      store: join(folder, "store"),
      output,
      signal: AbortSignal.abort(new HookFailed("aborted")),
      progress: { report: (event) => void events.push(event) },
    });
    await expect(built).rejects.toThrow(HookFailed);
    expect(events).toEqual([]);
    expect(existsSync(output)).toBe(false);
  });

  test.each(["start", "advance", "output", "finish"] as const)(
    "that is aborted in a hook on %s stops the build",
    {
      timeout: 60_000,
    },
    async (kind) => {
      if (kind === "output" && missing !== undefined) return;
      const folder = tempFolder();
      const store = join(folder, "store");
      const output = join(folder, "image.tar");
      const stop = new AbortController();
      const built = build(loudImage(), {
        store,
        output,
        context: tempFolder(),
        signal: stop.signal,
        progress: {
          report: (event) => {
            if (event.kind === kind) stop.abort(new HookFailed("aborted"));
          },
        },
      });
      await expect(built).rejects.toThrow(HookFailed);
      expect(existsSync(output)).toBe(false);
      await expect.poll(() => leftIn(store), { timeout: 60_000 }).toEqual([]);
    },
  );
});
