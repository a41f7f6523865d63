import { expect, test } from "vitest";
import { copy, lines, makeContext, planOf, plansOf, testBuild, write } from "./support/build.js";

const site = {
  "site/index.html": "hi",
  "site/run.sh": { text: "#!", mode: 0o4755 },
  "site/private.txt": { text: "p", mode: 0o600 },
  "site/sub/deep.txt": "d",
  "site/link": { link: "index.html" },
} as const;

test("a folder is merged: modes normalised, owner root, links kept", async () => {
  const { layers } = await testBuild(planOf([[copy("site", "/var/www")]]), makeContext(site));
  expect(lines(layers[0])).toEqual([
    "var/ 0755 0:0",
    "var/www/ 0755 0:0",
    'var/www/index.html 0644 0:0 "hi"',
    "var/www/link 0777 0:0 symlink index.html",
    'var/www/private.txt 0644 0:0 "p"',
    'var/www/run.sh 0755 0:0 "#!"',
    "var/www/sub/ 0755 0:0",
    'var/www/sub/deep.txt 0644 0:0 "d"',
  ]);
});

test("owner and octal mode reach files, folders inside and a new top folder, and no parent", async () => {
  const plan = planOf([
    [copy("site", "/srv/app/", { owner: { user: 5, group: 6 }, mode: { octal: 0o2750 } })],
  ]);
  const { layers } = await testBuild(plan, makeContext({ "site/a/b": "x" }));
  expect(lines(layers[0])).toEqual([
    "srv/ 0755 0:0",
    "srv/app/ 2750 5:6",
    "srv/app/a/ 2750 5:6",
    'srv/app/a/b 2750 5:6 "x"',
  ]);
});

test("a symbolic mode is applied to the normalised mode", async () => {
  const plan = planOf([[copy("site", "/s", { mode: { symbolic: "u=rwX,go=" } })]]);
  const { layers } = await testBuild(plan, makeContext(site));
  expect(lines(layers[0])).toContain('s/run.sh 0700 0:0 "#!"');
  expect(lines(layers[0])).toContain('s/index.html 0600 0:0 "hi"');
  expect(lines(layers[0])).toContain("s/sub/ 0700 0:0");
});

test("files go into a folder written with a slash, and become the file otherwise", async () => {
  const context = makeContext({ "a.txt": "a", "b.txt": "b" });
  const { layers } = await testBuild(planOf([[copy("a.txt", "/etc/"), copy("b.txt", "/opt/x")]]), context);
  expect(lines(layers[0])).toEqual([
    "etc/ 0755 0:0",
    'etc/a.txt 0644 0:0 "a"',
    "opt/ 0755 0:0",
    'opt/x 0644 0:0 "b"',
  ]);
});

test("a glob copies each match under its own name", async () => {
  const context = makeContext({ "a.txt": "a", "b.txt": "b", "c.md": "c" });
  const { layers } = await testBuild(planOf([[copy("*.txt", "/t/")]]), context);
  expect(lines(layers[0])).toEqual(["t/ 0755 0:0", 't/a.txt 0644 0:0 "a"', 't/b.txt 0644 0:0 "b"']);
});

test("exclude keeps files out, relative to the source", async () => {
  const plan = planOf([[copy("site", "/s", { exclude: ["sub", "*.txt", "!private.txt"] })]]);
  const { layers } = await testBuild(plan, makeContext(site));
  expect(layers[0]?.map(({ path }) => path)).toEqual([
    "s",
    "s/index.html",
    "s/link",
    "s/private.txt",
    "s/run.sh",
  ]);
});

test("later wins in one layer, and no path is written twice", async () => {
  const context = makeContext({ "a.txt": "new" });
  const { layers } = await testBuild(planOf([[write("/a.txt", "old"), copy("a.txt", "/a.txt")]]), context);
  expect(lines(layers[0])).toEqual(['a.txt 0644 0:0 "new"']);
});

test("an existing folder keeps its attributes, nested ones get the source's", async () => {
  const plan = planOf([
    [
      { op: "mkdir", path: "/d", mode: { octal: 0o1777 }, owner: { user: 7 } },
      { op: "mkdir", path: "/d/sub", mode: { octal: 0o700 }, owner: { user: 7 } },
    ],
    [copy("site", "/d")],
  ]);
  const { layers } = await testBuild(plan, makeContext({ "site/sub/x": "x" }));
  expect(lines(layers[1])).toEqual(["d/sub/ 0755 0:0", 'd/sub/x 0644 0:0 "x"']);
});

test("links in the destination lead inside the image", async () => {
  const plan = planOf([
    [
      { op: "mkdir", path: "/usr/lib", mode: { octal: 0o755 } },
      { op: "symlink", path: "/lib", target: "usr/lib" },
      { op: "symlink", path: "/up", target: "../../usr" },
      { op: "symlink", path: "/etc-link", target: "/etc/conf" },
    ],
    [copy("f", "/lib/x"), copy("f", "/up/y"), copy("f", "/etc-link")],
  ]);
  const { layers } = await testBuild(plan, makeContext({ f: "f" }));
  expect(layers[1]?.map(({ path }) => path)).toEqual(["etc", "etc/conf", "usr/lib/x", "usr/y"]);
});

test("a file of a copied folder replaces a link and does not follow it", async () => {
  const plan = planOf([[{ op: "symlink", path: "/l", target: "/etc/x" }], [copy("o", "/")]]);
  const { layers } = await testBuild(plan, makeContext({ "o/l": "file" }));
  expect(lines(layers[1])).toEqual(['l 0644 0:0 "file"']);
});

test.each([
  ["a file into a folder that has a folder of its name", copy("onto-folder/d", "/"), "DEST_IS_FOLDER"],
  ["several files without a slash", copy("*onto-f*/*", "/x"), "COPY_NEEDS_SLASH"],
  ["what is excluded whole", copy("f", "/x", { exclude: ["f"] }), "SOURCES_EXCLUDED"],
  ["a file below a file", copy("f", "/file/x"), "DEST_NOT_FOLDER"],
  ["a file into a file", copy("f", "/file/"), "DEST_NOT_FOLDER"],
  ["a folder onto a file", copy("o", "/file"), "DEST_NOT_FOLDER"],
  ["a nested folder onto a file", copy("nested", "/"), "DEST_NOT_FOLDER"],
  ["a nested folder onto a link", copy("onto-link", "/"), "DEST_NOT_FOLDER"],
  ["a nested file onto a folder", copy("onto-folder", "/"), "DEST_IS_FOLDER"],
  ["a missing source", copy("nowhere", "/x"), "SOURCE_NOT_FOUND"],
  ["a pattern without a match", copy("*.nothing", "/x/"), "SOURCE_PATTERN_EMPTY"],
  ["an unknown owner", copy("f", "/x", { owner: { user: "nobody" } }), "OWNER_UNKNOWN"],
])("refuses %s", async (_, operation, code) => {
  const context = makeContext({
    f: "f",
    "o/x": "x",
    "nested/file/x": "x",
    "onto-link/link/x": "x",
    "onto-folder/d": "x",
    "onto-files/a": "x",
  });
  const origin = { file: "catalog.ts", line: 7 };
  const plan = planOf([
    [
      write("/file"),
      { op: "mkdir", path: "/d", mode: { octal: 0o755 } },
      { op: "symlink", path: "/link", target: "/d" },
    ],
    [{ ...operation, origin }],
  ]);
  await expect(testBuild(plan, context)).rejects.toMatchObject({
    code,
    origin,
    message: expect.stringMatching(/ \(at catalog\.ts:7\)$/),
  });
});

test("a stage gives files with owner and mode", async () => {
  const plan = plansOf([
    {
      id: "build",
      layers: [
        {
          id: "b",
          operations: [
            write("/out/bin/app", "app", 0o4755),
            { op: "mkdir", path: "/out/private", mode: { octal: 0o700 }, owner: { user: 3 } },
            { op: "symlink", path: "/out/link", target: "bin/app", owner: { user: 4 } },
            { op: "chown", path: "/out/link", owner: { user: 4 }, recursive: true },
          ],
        },
      ],
    },
    {
      id: "image",
      layers: [
        {
          id: "i",
          operations: [
            {
              op: "copy",
              sources: [{ from: "stage", stage: "build", path: "/out" }],
              dest: "/app",
              into: false,
            },
            {
              op: "copy",
              sources: [{ from: "stage", stage: "build", path: "/out/link" }],
              dest: "/single",
              into: false,
            },
          ],
        },
      ],
    },
  ]);
  const { layers, built } = await testBuild(plan);
  expect(built.layers).toHaveLength(1);
  expect(lines(layers[0])).toEqual([
    "app/ 0755 0:0",
    "app/bin/ 0755 0:0",
    'app/bin/app 4755 0:0 "app"',
    "app/link 0777 4:4 symlink bin/app",
    "app/private/ 0700 3:3",
    'single 4755 0:0 "app"',
  ]);
});

test("a path that a stage does not have is named with what is near", async () => {
  const plan = plansOf([
    { id: "build", layers: [{ id: "b", operations: [write("/out/app")] }] },
    {
      id: "image",
      layers: [
        {
          id: "i",
          operations: [
            {
              op: "copy",
              sources: [{ from: "stage", stage: "build", path: "/out/App" }],
              dest: "/a",
              into: false,
            },
          ],
        },
      ],
    },
  ]);
  await expect(testBuild(plan)).rejects.toMatchObject({
    code: "STAGE_PATH_NOT_FOUND",
    hint: "did you mean /out/app?",
  });
});

test("a file copied over itself makes no layer, another owner does", async () => {
  const plan = planOf([[copy("f", "/f")], [copy("f", "/f")], [copy("f", "/f", { owner: { user: 1 } })]]);
  const { layers } = await testBuild(plan, makeContext({ f: "f" }));
  expect(layers.map(lines)).toEqual([['f 0644 0:0 "f"'], ['f 0644 1:1 "f"']]);
});

test("what a stage gave can be changed in the same layer", async () => {
  const plan = plansOf([
    { id: "a", layers: [{ id: "a", operations: [write("/d/one", "1")] }] },
    {
      id: "image",
      layers: [
        {
          id: "i",
          operations: [
            { op: "copy", sources: [{ from: "stage", stage: "a", path: "/d" }], dest: "/x", into: false },
            { op: "chown", path: "/x", owner: { user: 2 }, recursive: true },
          ],
        },
      ],
    },
  ]);
  const { layers } = await testBuild(plan);
  expect(lines(layers[0])).toEqual(["x/ 0755 2:2", 'x/one 0644 2:2 "1"']);
});
