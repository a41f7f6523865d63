import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NodeFiles } from "../../src/adapters/files-node/node-files.js";
import { resolveSources } from "../../src/engine/resolve-sources.js";
import type { CopyOperation } from "../../src/plan/operation.js";
import { copy, makeContext, planOf } from "./support/build.js";

function found(context: string, pattern: string) {
  const plan = resolveSources(planOf([[copy(pattern, "/x/")]]), new NodeFiles({ main: context }));
  const [source] = (plan.stages[0]!.layers[0]!.operations[0] as CopyOperation).sources;
  return source?.from === "context" ? source.found : undefined;
}

test("tells a file, a folder and many apart", () => {
  const context = makeContext({
    "a.txt": "abc",
    "d/x": "1",
    "d/s/y": "22",
    "d/l": { link: "x" },
    "b[1].txt": "",
  });
  expect(found(context, "a.txt")).toMatchObject({
    shape: "file",
    files: 1,
    folders: 0,
    bytes: 3,
    irregular: [],
  });
  expect(found(context, "d")).toMatchObject({ shape: "folder", files: 2, folders: 1, symlinks: 1, bytes: 3 });
  expect(found(context, ".")?.shape).toBe("folder");
  expect(found(context, "*.txt")).toMatchObject({ shape: "many", files: 2 });
  expect(found(context, "a.tx?")).toMatchObject({ shape: "many", files: 1 });
  expect(found(context, "b\\[1].txt")).toMatchObject({ shape: "file" });
});

test("names what does not have the usual mode", () => {
  const context = makeContext({
    "d/x": { text: "", mode: 0o664 },
    "d/run": { text: "", mode: 0o775 },
    "d/s/y": { text: "", mode: 0o644 },
  });
  chmodSync(join(context, "d/s"), 0o700);
  expect(found(context, "d")?.irregular).toEqual([
    { path: "run", type: "file", mode: 0o775 },
    { path: "s", type: "folder", mode: 0o700 },
    { path: "x", type: "file", mode: 0o664 },
  ]);
});

test("the listing is the same wherever the context is, and another for another size", () => {
  const left = found(makeContext({ "d/x": "1", "d/y": "2" }), "d")?.listing;
  expect(found(makeContext({ "d/y": "2", "d/x": "1" }), "d")?.listing).toBe(left);
  expect(found(makeContext({ "d/y": "2", "d/x": "11" }), "d")?.listing).not.toBe(left);
});
