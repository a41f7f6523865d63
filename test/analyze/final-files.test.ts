import { describe, expect, it } from "vitest";
import type { ObservedEntry, ObservedLayer } from "../../src/analyze/observed-image.js";
import { finalFiles } from "../../src/analyze/observed-image.js";

const entry = (path: string): ObservedEntry => ({
  path: path.replace(/\/$/, ""),
  type: path.endsWith("/") ? "folder" : "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtime: 0,
});

const layer = (...paths: string[]) =>
  ({
    diffId: `sha256:${paths}`,
    entries: async () => paths.map(entry),
    originOf: () => undefined,
  }) as never as ObservedLayer;

const paths = async (...layers: ObservedLayer[]) => [...(await finalFiles({ layers })).keys()].sort();

describe("what a container sees", () => {
  it("is all layers over each other, the later file winning", async () => {
    const lower = layer("a/", "a/b", "c");
    const upper = layer("a/b");
    expect(await paths(lower, upper)).toEqual(["a", "a/b", "c"]);
    expect((await finalFiles({ layers: [lower, upper] })).get("a/b")?.layer).toBe(upper);
  });

  it("is without what whiteouts hide, and with what the same layer adds", async () => {
    const lower = layer("a/", "a/b", "a/bc", "d/", "d/e", "d/f/", "d/f/g");
    expect(await paths(lower, layer("a/", "a/.wh.b"))).toEqual(["a", "a/bc", "d", "d/e", "d/f", "d/f/g"]);
    expect(await paths(lower, layer("d/", "d/new", "d/.wh..wh..opq"))).toEqual([
      "a",
      "a/b",
      "a/bc",
      "d",
      "d/new",
    ]);
    expect(await paths(lower, layer(".wh.d"))).toEqual(["a", "a/b", "a/bc"]);
  });

  it("is without the contents of a folder that became a file", async () => {
    expect(await paths(layer("a/", "a/b", "ab"), layer("a"))).toEqual(["a", "ab"]);
  });
});
