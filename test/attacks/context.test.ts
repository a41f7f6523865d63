import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeldDirectory } from "../../src/archive/held-directory.js";
import { OUTSIDE, readSource, SWAPS, SwappedContext } from "./swapped-context.js";

/** Called before each call of the file system that reading a context makes. */
const calls = vi.hoisted(() => ({ before: undefined as ((call: string) => void) | undefined }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const names = ["openSync", "lstatSync", "statSync", "readdirSync", "readlinkSync", "readSync", "fstatSync"];
  const watched = Object.fromEntries(
    names.map((name) => [
      name,
      (...args: unknown[]) => {
        calls.before?.(name);
        return (real[name as "openSync"] as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  );
  return { ...real, ...watched };
});

// A process for each of thousands of reads, and it opens no file.
vi.mock("node:child_process", async (original) => ({
  ...(await original<typeof import("node:child_process")>()),
  execFile: (...args: unknown[]) => (args.at(-1) as (error: null, out: string) => void)(null, ""),
}));

const linux = process.platform === "linux";

describe.each(SWAPS)("S5: $title is swapped for a link out of the context", (swap) => {
  let tree: SwappedContext;
  beforeEach(() => {
    tree = new SwappedContext(swap);
  });
  afterEach(() => {
    calls.before = undefined;
    tree.remove();
  });

  /** Reads the source while the tree is swapped before one call and put back before another. */
  async function read(swapAt: number, restoreAt: number) {
    let [call, swapped] = [0, false];
    calls.before = () => {
      call++;
      if (call !== swapAt && call !== restoreAt) return;
      const before = calls.before;
      calls.before = undefined;
      if (call === swapAt) tree.swap();
      else if (swapped) tree.restore();
      swapped = call === swapAt;
      calls.before = before;
    };
    const result = await readSource(tree.context, swap.source);
    calls.before = undefined;
    if (swapped) tree.restore();
    return { result, calls: call };
  }

  test.runIf(linux)(
    "before any call, for one call or more: nothing from outside is read",
    async () => {
      const undisturbed = await read(0, 0);
      expect(undisturbed.result).toBeInstanceOf(Buffer);
      expect(undisturbed.calls).toBeGreaterThan(8);
      const outcomes = { refused: 0, read: 0 };
      for (let swapAt = 1; swapAt <= undisturbed.calls; swapAt++) {
        for (const length of [1, 2, 3, 5, Number.POSITIVE_INFINITY]) {
          const restoreAt = swapAt + length;
          const { result } = await read(swapAt, restoreAt);
          if (typeof result === "string") outcomes.refused++;
          else {
            outcomes.read++;
            expect(result.includes(OUTSIDE), `from call ${swapAt} to ${restoreAt}`).toBe(false);
          }
        }
      }
      expect(outcomes.refused).toBeGreaterThan(0);
      expect(outcomes.read).toBeGreaterThan(0);
    },
    60_000,
  );
});

describe("S5: a host where a directory cannot be held", () => {
  let tree: SwappedContext;
  beforeEach(() => {
    tree = new SwappedContext({ title: "", source: "a/d", swapped: "a/d" });
  });
  afterEach(() => tree.remove());
  const place = () => HeldDirectory.open(tree.context, false).top.child("a").child("d");
  const moved = expect.objectContaining({ code: "ENOTDIR" });

  test("reads what is there", () => {
    expect(place().listText().sort()).toEqual(["1", "f", "g"]);
    expect(place().statsOf("f").isFile()).toBe(true);
  });

  test("refuses a directory that became a link before it was listed", () => {
    const listed = place();
    tree.swap();
    for (const look of [() => listed.listText(), () => listed.statsOf("f"), () => listed.openFile("f", 0)])
      expect(look).toThrow(moved);
  });

  test.each(["readdirSync", "lstatSync", "openSync"])("refuses one that became a link before %s", (name) => {
    const listed = place();
    const look = { readdirSync: () => listed.listText(), openSync: () => listed.openFile("f", 0) };
    let looks = 0;
    calls.before = (call) => {
      // The third look at a name by lstat is the file's own: the two before it are of the directories.
      if (call !== name || (name === "lstatSync" && ++looks !== 3)) return;
      calls.before = undefined;
      tree.swap();
    };
    expect(look[name as keyof typeof look] ?? (() => listed.statsOf("f"))).toThrow(moved);
  });

  test("refuses a directory that another one replaced", () => {
    const held = HeldDirectory.open(tree.context, false);
    const other = new SwappedContext({ title: "", source: undefined, swapped: "a/d" });
    tree.remove();
    try {
      expect(() => held.top.listText()).toThrow();
    } finally {
      other.remove();
    }
  });
});

test("more directories than are held at a time are read one after another, and each finds its own files", async () => {
  const trees = SWAPS.map((swap) => new SwappedContext(swap));
  try {
    const tops = trees.map((tree) => HeldDirectory.open(tree.context).top);
    for (let round = 0; round < 2; round++)
      for (const top of tops) expect(top.child("a").child("d").listText().sort()).toEqual(["1", "f", "g"]);
  } finally {
    for (const tree of trees) tree.remove();
  }
});
