import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NodeFiles } from "../../../src/adapters/files-node/node-files.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lw-files-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ""): void {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const list = (pattern: string, exclude: readonly string[] = []) =>
  new NodeFiles({ main: root }).list(undefined, pattern, exclude);
const paths = (pattern: string, exclude: readonly string[] = []) =>
  list(pattern, exclude).map(({ path, entries }) => [path, ...entries.map((entry) => entry.path)]);
const refusal = (code: string, rest = {}) => expect.objectContaining({ code, ...rest });

describe("what a pattern finds", () => {
  beforeEach(() => {
    for (const path of ["a.txt", "b.txt", "src/x.ts", "src/deep/y.ts", "src/deep/z.js", "a-b/c", "a/d"])
      put(path);
  });

  test.each([
    ["a.txt", [["a.txt", ""]]],
    ["./a.txt", [["a.txt", ""]]],
    ["/a.txt", [["a.txt", ""]]],
    ["src", [["src", "deep", "deep/y.ts", "deep/z.js", "x.ts"]]],
    ["src/", [["src", "deep", "deep/y.ts", "deep/z.js", "x.ts"]]],
    [
      "*.txt",
      [
        ["a.txt", ""],
        ["b.txt", ""],
      ],
    ],
    [
      "[b-z]*",
      [
        ["b.txt", ""],
        ["src", "deep", "deep/y.ts", "deep/z.js", "x.ts"],
      ],
    ],
    [
      "src/**/*.ts",
      [
        ["src/deep/y.ts", ""],
        ["src/x.ts", ""],
      ],
    ],
    ["**/*.js", [["src/deep/z.js", ""]]],
    [
      "s?c/deep/*",
      [
        ["src/deep/y.ts", ""],
        ["src/deep/z.js", ""],
      ],
    ],
    [
      "a*/*",
      [
        ["a-b/c", ""],
        ["a/d", ""],
      ],
    ],
  ])("%s", (pattern, expected) => {
    expect(paths(pattern)).toEqual(expected);
  });

  test("exclude is relative to each match", () => {
    expect(paths("src", ["deep/*", "!deep/y.ts"])).toEqual([["src", "deep", "deep/y.ts", "x.ts"]]);
    expect(paths("*.txt", ["b.*"])).toEqual([["a.txt", ""]]);
  });

  test("named contexts are folders of their own", () => {
    const files = new NodeFiles({ main: "/nowhere", named: { assets: join(root, "src") } });
    expect(files.list("assets", "x.ts", [])).toHaveLength(1);
    expect(() => files.list("other", "x", [])).toThrow(refusal("CONTEXT_UNKNOWN"));
    expect(() => files.list(undefined, "x", [])).toThrow(refusal("CONTEXT_NOT_FOUND"));
  });
});

describe("the ignore file", () => {
  const cases: readonly (readonly [
    rules: string,
    pattern: string,
    expected: readonly (readonly string[])[],
  ])[] = [
    ["secret", ".", [[".", ".dockerignore", "keep", "keep/a", "keep/b"]]],
    ["**/b", "keep", [["keep", "a"]]],
    ["*\n!keep/a", ".", [[".", "keep", "keep/a"]]],
    ["keep\n!keep/a", "keep", [["keep", "a"]]],
    ["keep/*\n!keep/b", "keep", [["keep", "b"]]],
    ["keep/a\nkeep/b", "keep", [["keep"]]],
    ["*\n!**/x", "secret", [["secret", "x"]]],
  ];
  test.each(cases)("%j", (rules, pattern, expected) => {
    for (const path of ["keep/a", "keep/b", "secret/x"]) put(path);
    put(".dockerignore", rules);
    expect(paths(pattern)).toEqual(expected);
  });

  test("a hidden source is named with the rule that hides it", () => {
    put("keep/a");
    put(".dockerignore", "# c\nkeep\n");
    expect(() => list("keep/a")).toThrow(
      refusal("SOURCE_NOT_FOUND", {
        shortMessage: expect.stringMatching(/hidden from the image by line 2 of .*\.dockerignore: keep$/),
      }),
    );
  });

  test("a bad line is named", () => {
    put(".dockerignore", "ok\n[a\n");
    expect(() => list(".")).toThrow(refusal("IGNORE_PATTERN_BAD", { subject: "[a" }));
  });

  test("ignored folders are not even read", () => {
    put("locked/x");
    put("a");
    put(".dockerignore", "locked");
    chmodSync(join(root, "locked"), 0);
    expect(paths(".")).toEqual([[".", ".dockerignore", "a"]]);
    chmodSync(join(root, "locked"), 0o755);
  });
});

describe("links", () => {
  test("inside a folder they stay links, wherever they lead", () => {
    put("d/f");
    symlinkSync("/etc/passwd", join(root, "d/out"));
    symlinkSync("..", join(root, "d/loop"));
    symlinkSync("nowhere", join(root, "d/broken"));
    expect(list("d")[0]?.entries.map(({ path, type, target }) => [path, type, target])).toEqual([
      ["broken", "symlink", "nowhere"],
      ["f", "file", undefined],
      ["loop", "symlink", ".."],
      ["out", "symlink", "/etc/passwd"],
    ]);
  });

  test("as a source they are followed inside the context", () => {
    put("real/f", "text");
    symlinkSync("real", join(root, "folder"));
    symlinkSync("real/f", join(root, "file"));
    expect(paths("folder")).toEqual([["folder", "f"]]);
    expect(paths("folder/f")).toEqual([["folder/f", ""]]);
    expect(list("file")[0]?.entries[0]).toMatchObject({ path: "", type: "file", size: 4 });
    expect(paths("f*")).toEqual([
      ["file", ""],
      ["folder", "f"],
    ]);
  });

  test.each(["/etc/passwd", "../../../../../../etc/passwd", "/nowhere/at/all"])(
    "one to %s is refused",
    (target) => {
      symlinkSync(target, join(root, "out"));
      expect(() => list("out")).toThrow(refusal("SOURCE_OUTSIDE_CONTEXT"));
      expect(() => list("out/x")).toThrow(refusal("SOURCE_OUTSIDE_CONTEXT"));
    },
  );

  test("one into an ignored folder finds nothing", () => {
    put("secret/key");
    put(".dockerignore", "secret");
    symlinkSync("secret/key", join(root, "key"));
    expect(() => list("key")).toThrow(refusal("SOURCE_NOT_FOUND"));
  });

  test("a loop is refused", () => {
    symlinkSync("b", join(root, "a"));
    symlinkSync("a", join(root, "b"));
    expect(() => list("a")).toThrow(refusal("SOURCE_UNREADABLE"));
  });
});

describe("what cannot be in an image", () => {
  test("a path that goes up", () => {
    expect(() => list("../x")).toThrow(refusal("SOURCE_OUTSIDE_CONTEXT"));
  });

  test("a named pipe is refused and never opened, a socket is left out", async () => {
    put("d/f");
    const server = createServer().listen(join(root, "d/socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(paths("d")).toEqual([["d", "f"]]);
    server.close();
    execFileSync("/bin/sh", ["-c", "mkfifo d/pipe"], { cwd: root });
    expect(() => list("d")).toThrow(refusal("SOURCE_SPECIAL", { subject: join(root, "d/pipe") }));
    expect(paths("d", ["pipe"])).toEqual([["d", "f"]]);
  });

  test.each([".wh.x", ".wh..wh..opq", ".wh..wh.plnk/1.2"])("the name %s", (name) => {
    put(`d/${name}`);
    expect(() => list("d")).toThrow(refusal("SOURCE_NAME_RESERVED"));
  });

  test.runIf(process.getuid?.() !== 0)("a folder that may not be read", () => {
    put("d/locked/x");
    chmodSync(join(root, "d/locked"), 0);
    expect(() => list("d")).toThrow(refusal("SOURCE_UNREADABLE", { subject: join(root, "d/locked") }));
    chmodSync(join(root, "d/locked"), 0o755);
  });
});

describe("what is not there", () => {
  test.each([
    ["Src/x.ts", "src/x.ts"],
    ["src/y.ts", "src/x.ts"],
    ["scr/x.ts", "src/x.ts"],
    ["src/x.tss", "src/x.ts"],
  ])("%s: did you mean %s?", (wrong, right) => {
    put("src/x.ts");
    expect(() => list(wrong)).toThrow(refusal("SOURCE_NOT_FOUND", { hint: `did you mean "${right}"?` }));
  });

  test("a pattern that matches nothing, and one that is none", () => {
    expect(() => list("*.md")).toThrow(refusal("SOURCE_PATTERN_EMPTY"));
    expect(() => list("[a")).toThrow(refusal("PATTERN_BAD"));
    expect(() => list(".", ["!"])).toThrow(refusal("PATTERN_BAD"));
  });
});

test("names that are no UTF-8 keep their bytes", () => {
  mkdirSync(join(root, "d"));
  writeFileSync(Buffer.concat([Buffer.from(join(root, "d/caf")), Buffer.of(0xe9)]), "x");
  const entry = list("d")[0]?.entries[0];
  expect(entry?.path).toBe("caf\udce9");
  expect(Buffer.isBuffer(entry?.host.path)).toBe(true);
});
