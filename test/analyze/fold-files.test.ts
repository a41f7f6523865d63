import { describe, expect, it } from "vitest";
import type { FileDifference } from "../../src/analyze/difference/file-differences.js";
import { foldFiles } from "../../src/analyze/difference/fold-files.js";

type Change = FileDifference["change"];

function file(change: Change, path: string, size = 0, type: "file" | "folder" = "file"): FileDifference {
  const state = { type, mode: 0, uid: 0, gid: 0, size };
  return {
    path,
    change,
    aspects: change === "changed" ? ["content"] : [],
    bytes: change === "added" ? size : change === "removed" ? -size : 0,
    ...(change === "added" ? {} : { before: state }),
    ...(change === "removed" ? {} : { after: state }),
  };
}

function rows(files: readonly FileDifference[], limit: number): string[] {
  return foldFiles(files, limit).map(
    ({ path, added, removed, changed, bytes }) => `${path} +${added} -${removed} ~${changed} ${bytes}`,
  );
}

describe("folding files", () => {
  it("lists few files each, the largest first", () => {
    const files = [file("added", "/a/x", 1), file("changed", "/b", 5), file("removed", "/c/d/e", 3)];
    expect(rows(files, 5)).toEqual(["/b +0 -0 ~1 0", "/c/d/e +0 -1 ~0 -3", "/a/x +1 -0 ~0 1"]);
  });

  it("lets folders stand for many, and opens those where most moved", () => {
    const docs = Array.from({ length: 300 }, (_, at) => file("removed", `/usr/share/doc/${at}`, 10));
    const files = [...docs, file("changed", "/usr/bin/a", 5000), file("changed", "/usr/bin/b", 400)];
    expect(rows(files, 4)).toEqual([
      "/usr/bin/a +0 -0 ~1 0",
      "/usr/share/doc +0 -300 ~0 -3000",
      "/usr/bin/b +0 -0 ~1 0",
    ]);
    expect(rows(files, 1)).toEqual(["/usr +0 -300 ~2 -3000"]);
  });

  it("keeps a folder that came whole as one row", () => {
    const files = [
      file("added", "/app", 0, "folder"),
      file("added", "/app/a", 1),
      file("added", "/app/b", 2),
    ];
    expect(rows(files, 12)).toEqual(["/app +3 -0 ~0 3"]);
    expect(foldFiles(files, 12)[0]?.file?.path).toBe("/app");
  });

  it("shows a folder's own change beside what is in it", () => {
    const files = [file("changed", "/d", 0, "folder"), file("added", "/d/a", 1), file("added", "/d/b", 1)];
    expect(rows(files, 12)).toEqual(["/d/a +1 -0 ~0 1", "/d/b +1 -0 ~0 1", "/d +0 -0 ~1 0"]);
    expect(rows(files, 2)).toEqual(["/d +2 -0 ~1 2"]);
  });

  it("names a line where it is that of all", () => {
    const at = (path: string, line: number) => ({ ...file("added", path), origin: { file: "c.ts", line } });
    expect(foldFiles([at("/a/b", 1), at("/a/c", 1)], 1)[0]?.origin?.line).toBe(1);
    expect(foldFiles([at("/a/b", 1), at("/a/c", 2)], 1)[0]?.origin).toBeUndefined();
    expect(foldFiles([at("/a/b", 1), file("added", "/a/c"), at("/a/d", 1)], 1)[0]?.origin).toBeUndefined();
  });

  it("gives nothing for nothing", () => {
    expect(rows([], 12)).toEqual([]);
  });
});
