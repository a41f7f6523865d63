import { describe, expect, test } from "vitest";
import { Turns } from "../../src/engine/ports.js";
import { sideBySide } from "../../src/engine/side-by-side.js";

const settings = { idOf: (item: string) => item, needs: () => [], signal: undefined, keepGoing: false };

/** A moment in which all that can go on has gone on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("side by side", () => {
  test("no more than the limit go on at once, and those that wait for others take no slot", async () => {
    const open = new Map<string, () => void>();
    const begun: string[] = [];
    const needs = (item: string) => (item === "child" ? ["a"] : []);
    const all = sideBySide(["a", "child", "b", "c"], { ...settings, needs, limit: 2 }, (item) => {
      begun.push(item);
      return new Promise((resolve) => open.set(item, resolve));
    });
    await settled();
    expect(begun).toEqual(["a", "b"]);
    open.get("b")!();
    await settled();
    expect(begun).toEqual(["a", "b", "c"]);
    open.get("a")!();
    await settled();
    expect(begun).toEqual(["a", "b", "c", "child"]);
    open.get("c")!();
    open.get("child")!();
    await all;
  });

  test("a failure ends those that wait for a slot before they begin", async () => {
    const begun: string[] = [];
    const all = sideBySide(["a", "b"], { ...settings, limit: 1 }, async (item) => {
      begun.push(item);
      throw new Error(item);
    });
    await expect(all).rejects.toThrow("a");
    expect(begun).toEqual(["a"]);
  });
});

describe("turns", () => {
  test("the first does the work, then all others at once", async () => {
    const turns = new Turns();
    const log: string[] = [];
    let finish = () => {};
    const first = turns.take("key", () => new Promise<void>((resolve) => (finish = resolve)));
    const others = ["b", "c"].map((name) => turns.take("key", async () => void log.push(name)));
    const apart = turns.take("other", async () => void log.push("apart"));
    await apart;
    await settled();
    expect(log).toEqual(["apart"]);
    finish();
    await Promise.all([first, ...others]);
    expect(log).toEqual(["apart", "b", "c"]);
  });

  test("a failure of the first is its own", async () => {
    const turns = new Turns();
    const first = turns.take("key", () => Promise.reject(new Error("first")));
    await expect(turns.take("key", async () => "second")).resolves.toBe("second");
    await expect(first).rejects.toThrow("first");
  });
});
