import { describe, expect, it } from "vitest";
import type { FileDifference } from "../../src/analyze/difference/file-differences.js";
import { compareImages } from "../../src/analyze/difference/image-difference.js";
import type { ObservedLayer } from "../../src/analyze/observed-image.js";
import { closedLayer, imageOf, layerOf, type Written } from "./compared-images.js";

type Entries = Readonly<Record<string, Written>>;

/** What differs between two images of one layer each, a line a path. */
async function lines(before: Entries, after: Entries, times = false): Promise<string[]> {
  const { files } = await compareImages(imageOf(layerOf(before)), imageOf(layerOf(after)), { times });
  return (files ?? []).map(line);
}

function line({ path, change, aspects, bytes }: FileDifference): string {
  return [change, path, ...aspects, bytes].join(" ");
}

const link = (linkname: string): Written => ({ type: "hardlink", linkname });

describe("differences of files", () => {
  it.each<[string, Entries, Entries, string[]]>([
    ["another name", { a: "1" }, { a: "1", b: { type: "hardlink", linkname: "a" } }, ["added /b 0"]],
    ["a file that came, and its folder", {}, { "d/a": "12" }, ["added /d 0", "added /d/a 2"]],
    ["a file that went", { a: "12" }, {}, ["removed /a -2"]],
    ["content of another size", { a: "1" }, { a: "123" }, ["changed /a content 2"]],
    ["content of the same size", { a: "1" }, { a: "2" }, ["changed /a content 0"]],
    ["another mode", { a: { mode: 0o600 } }, { a: { mode: 0o4755 } }, ["changed /a mode 0"]],
    ["another owner", { a: { gid: 1 } }, { a: { uid: 2 } }, ["changed /a owner 0"]],
    [
      "another type",
      { a: "12" },
      { a: { type: "symlink", mode: 0o777, linkname: "b" } },
      ["changed /a type -2"],
    ],
    [
      "another target",
      { a: { type: "symlink", linkname: "b" } },
      { a: { type: "symlink", linkname: "c" } },
      ["changed /a target 0"],
    ],
    [
      "another device",
      { a: { type: "block-device", devmajor: 8, devminor: 1 } },
      { a: { type: "block-device", devmajor: 8, devminor: 2 } },
      ["changed /a device 0"],
    ],
    [
      "another attribute",
      { a: { xattrs: { "user.a": Buffer.from("1") } } },
      { a: { xattrs: { "user.a": Buffer.from("2") } } },
      ["changed /a xattrs 0"],
    ],
    [
      "a folder that became a file",
      { d: { type: "folder" }, "d/a": "12" },
      { d: "1" },
      ["changed /d type mode 1", "removed /d/a -2"],
    ],
    ["the root's own mode", {}, { "": { type: "folder", mode: 0o700 } }, ["changed / mode 0"]],
    ["a name that left its file", { a: "12", b: link("a") }, { a: "12", b: "12" }, ["changed /b links 2"]],
    ["two files that became one", { a: "12", b: "12" }, { a: "12", b: link("a") }, ["changed /b links -2"]],
    ["a first name that went", { a: "12", b: link("a") }, { b: "12" }, ["removed /a 0"]],
    ["both names", { a: "12", b: link("a") }, {}, ["removed /a -2", "removed /b 0"]],
    ["a time", { a: { mtime: 1 } }, { a: { mtime: 2 } }, []],
  ])("%s", async (_, before, after, expected) => {
    expect(await lines(before, after)).toEqual(expected);
  });

  it("counts times when they are asked for", async () => {
    expect(await lines({ a: { mtime: 1 } }, { a: { mtime: 2 } }, true)).toEqual(["changed /a time 0"]);
  });

  it("sorts paths by their bytes", async () => {
    expect(await lines({}, { "a-b": "", "a/c": "", a: { type: "folder" } })).toEqual([
      "added /a 0",
      "added /a-b 0",
      "added /a/c 0",
    ]);
  });
});

describe("layers that both images have", () => {
  const base: Entries = { etc: { type: "folder" }, "etc/a": "base", "etc/b": "base" };

  async function over(shared: ObservedLayer, before: Entries[], after: Entries[]): Promise<string[]> {
    const image = (layers: Entries[]) => imageOf(shared, ...layers.map((it) => layerOf(it)));
    const { files } = await compareImages(image(before), image(after));
    return (files ?? []).map(line);
  }

  it("are not looked into where the others write the same paths", async () => {
    const folder: Written = { type: "folder", mode: 0o700 };
    expect(
      await over(closedLayer(base), [{ "etc/a": "1", d: folder }], [{ "etc/a": "2", d: folder }]),
    ).toEqual(["changed /etc/a content 0"]);
  });

  it("are not looked into where there are no others", async () => {
    expect(await over(closedLayer(base), [], [])).toEqual([]);
  });

  it.each<[string, Entries[], Entries[], string[]]>([
    ["a file over one of theirs", [], [{ "etc/a": "over" }], ["changed /etc/a content 0"]],
    ["a file like theirs", [], [{ "etc/a": "base" }], []],
    ["a file beside theirs", [], [{ "etc/c": "new" }], ["added /etc/c 3"]],
    ["a removal", [], [{ "etc/.wh.a": "" }], ["removed /etc/a -4"]],
    [
      "a removal in both",
      [{ "etc/.wh.a": "" }],
      [{ "etc/.wh.a": "", "etc/b": "1" }],
      ["changed /etc/b content -3"],
    ],
    [
      "a folder without what was in it",
      [],
      [{ "etc/.wh..wh..opq": "" }],
      ["removed /etc/a -4", "removed /etc/b -4"],
    ],
    [
      "a file where the other has a folder",
      [{ etc: "1" }],
      [{ etc: { type: "folder" } }],
      ["changed /etc type mode -1", "added /etc/a 4", "added /etc/b 4"],
    ],
    ["a link to a file of theirs", [{ x: "base" }], [{ x: link("etc/a") }], ["changed /x links -4"]],
  ])("matter for %s", async (_, before, after, expected) => {
    expect(await over(layerOf(base), before, after)).toEqual(expected);
    await expect(over(closedLayer(base), before, after)).rejects.toThrow("the layer was looked into");
  });

  it("are not asked for digests where no file of theirs is compared", async () => {
    const shared = layerOf(base);
    const index = { diffId: shared.diffId, size: 0, entries: [] };
    const open = async () => ({ index, bytes: { spool: () => Promise.reject() }, close: async () => {} });
    const named = { ...closedLayer(base), open };
    expect(await over(named, [], [{ n: "1" }])).toEqual(["added /n 1"]);
  });
});

describe("differences of layers", () => {
  const told = (description: string, content: string, about: Partial<ObservedLayer> = {}) =>
    layerOf({ a: content }, { description, ...about });

  async function rows(before: ObservedLayer[], after: ObservedLayer[]): Promise<string[]> {
    const { layers } = await compareImages(imageOf(...before), imageOf(...after));
    return layers.map(({ change, description }) => `${change} ${description}`);
  }

  it("tells kept, changed, new and gone, where they stood", async () => {
    expect(
      await rows(
        [told("base", "1"), told("copy", "2"), told("old", "3"), told("last", "4")],
        [told("base", "1"), told("copy", "x"), told("more", "5"), told("last", "4")],
      ),
    ).toEqual(["kept base", "changed copy", "gone old", "new more", "kept last"]);
  });

  it("is not taken in by equal layers that stand elsewhere", async () => {
    expect(await rows([told("a", "1"), told("b", "2")], [told("b", "2"), told("a", "1")])).toEqual([
      "gone a",
      "kept b",
      "new a",
    ]);
  });

  it("says what has to be pulled, and sees a blob that is compressed in another way", async () => {
    const before = [told("a", "1", { size: 10 }), told("b", "2", { size: 20 })];
    const digest = `sha256:${"0".repeat(64)}` as const;
    const after = [told("a", "1", { size: 10 }), told("b", "2", { size: 15, digest })];
    const difference = await compareImages(imageOf(...before), imageOf(...after));
    expect(difference).toMatchObject({
      same: false,
      pullBytes: 15,
      before: { size: 30 },
      after: { size: 25 },
    });
    expect(difference.layers.map(({ change }) => change)).toEqual(["kept", "kept"]);
  });

  it("names the line that wrote what differs, removed it, or had written it", async () => {
    const at = (line: number) => ({ originOf: () => ({ file: "catalog.ts", line }) });
    const before = imageOf(layerOf({ a: "1", b: "2", c: "3" }, at(1)));
    const after = imageOf(layerOf({ a: "1", b: "2" }, at(2)), layerOf({ b: "x", ".wh.a": "" }, at(3)));
    const { files } = await compareImages(before, after);
    expect(files?.map(({ path, origin }) => [path, origin?.line])).toEqual([
      ["/a", 3],
      ["/b", 3],
      ["/c", 1],
    ]);
  });
});
