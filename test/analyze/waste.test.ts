import { describe, expect, it } from "vitest";
import type { ObservedEntry } from "../../src/analyze/observed-image.js";
import { wasteOf } from "../../src/analyze/waste/waste-of.js";
import type { WasteRow } from "../../src/analyze/waste/waste-report.js";
import { sha256Hex } from "../../src/core/bytes.js";
import { observedImage, type ShortLayer } from "./observed-images.js";

type Layers = readonly (ShortLayer | readonly (string | ObservedEntry)[])[];

async function rowsOf(...layers: Layers): Promise<string[]> {
  const { rows } = await wasteOf(observedImage(layers));
  return rows.map(inShort);
}

/** `removed 5 layer 0 by 1: /a, /b` */
function inShort({ kind, bytes, layer, by, of, paths }: WasteRow): string {
  const other =
    by === undefined ? (of === undefined ? "" : ` of ${of.layer.index}`) : ` by ${by.layer.index}`;
  return `${kind} ${bytes} layer ${layer.index}${other}: ${paths.join(", ")}`;
}

function file(path: string, contents: string, more: Partial<ObservedEntry> = {}): ObservedEntry {
  const { length: size } = contents;
  const common = { type: "file", path, mode: 0o644, uid: 0, gid: 0, mtime: 0, size } as const;
  return { ...common, sha256: sha256Hex(contents), ...more };
}

describe("what is lost", () => {
  it("counts what later layers overwrite or remove once", async () => {
    const report = await wasteOf(
      observedImage([["srv/", "srv/a=100", "srv/b=50", "srv/c=7"], ["srv/a=30", "srv/.wh.b"], ["srv/b=20"]]),
    );
    expect(report.rows.map(inShort)).toEqual([
      "overwritten 100 layer 0 by 1: /srv/a",
      "removed 50 layer 0 by 1: /srv/b",
    ]);
    expect(report).toMatchObject({ contentBytes: 207, finalBytes: 57, wastedBytes: 150 });
    expect(report.efficiency).toBeCloseTo(57 / 207);
  });

  it("takes what an opaque folder hides for removed, and for overwritten what is there again", async () => {
    expect(await rowsOf(["d/a=9", "d/b=8"], ["d/", "d/.wh..wh..opq", "d/b=3"])).toEqual([
      "removed 9 layer 0 by 1: /d/a",
      "overwritten 8 layer 0 by 1: /d/b",
    ]);
  });

  it("knows a file in the place of a folder, and a folder in the place of a file", async () => {
    expect(await rowsOf(["d/a=9"], ["d=3"])).toEqual(["removed 9 layer 0 by 1: /d/a"]);
    expect(await rowsOf(["d=9"], ["d/", "d/a=3"])).toEqual(["overwritten 9 layer 0 by 1: /d"]);
    expect(await rowsOf(["d=9"], ["d -> e"])).toEqual(["overwritten 9 layer 0 by 1: /d"]);
  });

  it("counts a hard link's bytes once, and keeps them while one name is left", async () => {
    expect(await rowsOf(["a=9", "b => a"], [".wh.a"])).toEqual([]);
    expect(await rowsOf(["a=9", "b => a"], [".wh.a"], [".wh.b"])).toEqual(["removed 9 layer 0 by 2: /b"]);
  });

  it("finds what is written twice in one layer", async () => {
    expect(await rowsOf(["a=9", "a=3"])).toEqual(["overwritten 9 layer 0 by 0: /a"]);
  });

  it("follows a link of the image to the file that is overwritten", async () => {
    const rows = await rowsOf(["usr/bin/", "bin -> usr/bin", "usr/bin/sh=90"], ["bin/sh=80"]);
    expect(rows).toEqual(["overwritten 90 layer 0 by 1: /usr/bin/sh"]);
  });
});

describe("what is copied up", () => {
  it("tells a copy for its mode, owner or time from new contents", async () => {
    const copies: readonly (readonly [Partial<ObservedEntry>, string])[] = [
      [{ mode: 0o755 }, "for its mode"],
      [{ uid: 7 }, "for its owner"],
      [{ mode: 0o600, gid: 7 }, "for its mode and owner"],
      [{ xattrs: { "user.a": Uint8Array.of(1) } }, "for its attributes"],
      [{ mtime: 5 }, "for its time"],
      [{}, "for nothing: it is the same"],
    ];
    for (const [change, what] of copies) {
      const { rows, ...figures } = await wasteOf(
        observedImage([[file("a", "text")], [file("a", "text", change)]]),
      );
      expect(rows.map(inShort)).toEqual(["copied-up 4 layer 1 of 0: /a"]);
      expect(rows[0]!.what).toBe(what);
      expect(figures).toMatchObject({ contentBytes: 8, finalBytes: 4, wastedBytes: 4 });
    }
  });

  it("lays it to the layer that copies, so that an own chmod of a base's file is own waste", async () => {
    const base = { inherited: true, entries: [file("a", "text"), file("b", "b")] };
    const report = await wasteOf(observedImage([base, [file("a", "text", { mode: 0o755 }), "c=6"]]));
    expect(report.own).toEqual({ efficiency: 0.6, contentBytes: 10, neededBytes: 6, wastedBytes: 4 });
    expect(report.efficiency).toBeCloseTo(11 / 15);
    expect(report.rows[0]!.fix).toMatch(/leave it as the base has it/);
  });

  it("counts each copy of a chain once, and the first for what becomes of the last", async () => {
    const layers = [0o644, 0o755, 0o700].map((mode) => [file("a", "text", { mode })]);
    expect(await rowsOf(...layers, [".wh.a"])).toEqual([
      "removed 4 layer 0 by 3: /a",
      "copied-up 4 layer 1 of 0: /a",
      "copied-up 4 layer 2 of 1: /a",
    ]);
  });

  it("takes a file that gives way to a link to an older one for overwritten", async () => {
    const rows = await rowsOf(["a : text", "b : text"], ["b => a"]);
    expect(rows).toEqual(["overwritten 4 layer 0 by 1: /b"]);
  });

  it("lets a copy stand for one file alone", async () => {
    const rows = await rowsOf(["a : text", "b : text"], [file("a", "text", { mode: 0o755 }), "b => a"]);
    expect(rows).toEqual(["overwritten 4 layer 0 by 1: /b", "copied-up 4 layer 1 of 0: /a"]);
  });

  it("takes a copy of a file that keeps another name for a duplicate", async () => {
    const rows = await rowsOf([file("a", "text"), "b => a"], [file("a", "text", { mode: 0o755 })]);
    expect(rows).toEqual(["duplicate 4 layer 1 of 0: /a"]);
  });
});

describe("what is in the image", () => {
  it("keeps the first of equal files", async () => {
    const rows = await rowsOf(["a : text", "b : text"], ["c : text", "d : other"]);
    expect(rows).toEqual(["duplicate 4 layer 0 of 0: /b", "duplicate 4 layer 1 of 0: /c"]);
  });

  it("gives a file one reason: a log that is a duplicate is a log", async () => {
    const report = await wasteOf(observedImage([["srv/a : text", "var/log/a : text"]]));
    expect(report.rows.map(inShort)).toEqual(["log 4 layer 0: /var/log/a"]);
    expect(report).toMatchObject({ efficiency: 1, wastedBytes: 4 });
  });

  it("leaves what a cache shares with an installation by hard links", async () => {
    expect(await rowsOf(["root/.cache/uv/a=9", "usr/lib/a => root/.cache/uv/a"])).toEqual([]);
    expect(await rowsOf(["root/.cache/uv/a=9", "root/.cache/uv/b => root/.cache/uv/a"])).toEqual([
      "package-cache 9 layer 0: /root/.cache/uv/a",
    ]);
  });

  it("notices files that run with another's rights, without bytes", async () => {
    const report = await wasteOf(observedImage([["bin/su=9 4755", "bin/wall=8 2755", "bin/lock=7 2644"]]));
    expect(report.rows.map(({ kind, bytes, what, paths }) => [kind, bytes, what, paths[0]])).toEqual([
      ["setuid", 0, "runs with the rights of its owner", "/bin/su"],
      ["setuid", 0, "runs with the rights of its group", "/bin/wall"],
    ]);
    expect(report.wastedBytes).toBe(0);
  });

  it("notices a privilege where it came into the image, and none that was taken away", async () => {
    const [plain, privileged] = [file("su", "text"), file("su", "text", { mode: 0o4755 })];
    expect(await rowsOf([plain], [privileged])).toContain("setuid 0 layer 1: /su");
    expect(await rowsOf([privileged], [plain])).not.toContainEqual(expect.stringMatching(/^setuid/));
  });
});

describe("rows", () => {
  const lines = (file: string, line: number) => ({ file, line });

  it("put together what one line wrote into one layer", async () => {
    const originOf = (path: string) => lines("catalog.ts", path.startsWith("b") ? 2 : 1);
    const { rows } = await wasteOf(
      observedImage([
        { originOf, entries: ["a1=1", "a2=2", "b1=40"] },
        { originOf: () => lines("catalog.ts", 9), entries: [".wh.a1", ".wh.a2", ".wh.b1"] },
      ]),
    );
    expect(rows).toEqual([
      expect.objectContaining({ bytes: 40, files: 1, origin: lines("catalog.ts", 2), paths: ["/b1"] }),
      expect.objectContaining({ bytes: 3, files: 2, origin: lines("catalog.ts", 1), paths: ["/a2", "/a1"] }),
    ]);
    expect(rows[0]!.by?.origin).toEqual(lines("catalog.ts", 9));
  });

  it("name five files at most, the largest first", async () => {
    const entries = [1, 2, 3, 4, 5, 6, 7].map((size) => `var/log/${size}=${size}`);
    const { rows } = await wasteOf(observedImage([entries]));
    expect(rows[0]).toMatchObject({ files: 7, bytes: 28 });
    expect(rows[0]!.paths).toEqual(["/var/log/7", "/var/log/6", "/var/log/5", "/var/log/4", "/var/log/3"]);
  });

  it("say nothing of an image without files", async () => {
    const { platform: _, ...report } = await wasteOf(observedImage([["a/"], []]));
    const own = { efficiency: 1, contentBytes: 0, neededBytes: 0, wastedBytes: 0 };
    const none = { efficiency: 1, contentBytes: 0, finalBytes: 0, wastedBytes: 0 };
    expect(report).toEqual({ image: "image", ...none, own, rows: [] });
  });

  it("refuse a layer that is none", async () => {
    await expect(wasteOf(observedImage([["a => b"]]))).rejects.toMatchObject({ code: "LAYER_INVALID" });
  });
});
