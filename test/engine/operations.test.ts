import { describe, expect, test } from "vitest";
import { copy, lines, makeContext, planOf, testBuild, write } from "./support/build.js";

describe("owners", () => {
  const passwd = write("/etc/passwd", "root:x:0:0::/:/bin/sh\nwww-data:x:33:34::/:\nbroken\n");
  const group = write("/etc/group", "root:x:0:\nstaff:x:50:\n");

  test.each([
    [{ user: 5 }, "5:5"],
    [{ user: 5, group: 6 }, "5:6"],
    [{ user: "www-data" }, "33:34"],
    [{ user: "www-data", group: 6 }, "33:6"],
    [{ user: "www-data", group: "staff" }, "33:50"],
    [{ user: 7, group: "staff" }, "7:50"],
  ])("%j is %s", async (owner, ids) => {
    const { layers } = await testBuild(planOf([[passwd, group, { ...write("/f"), owner } as never]]));
    expect(lines(layers[0]).at(-1)).toBe(`f 0644 ${ids} ""`);
  });

  test("are looked up in the state at that step", async () => {
    const plan = planOf([
      [passwd],
      [
        write("/etc/passwd", "www-data:x:99:98::/:\n"),
        { ...write("/f"), owner: { user: "www-data" } } as never,
      ],
    ]);
    expect(lines((await testBuild(plan)).layers[1])).toContain('f 0644 99:98 ""');
  });

  test("unknown ones are named with those that exist", async () => {
    const plan = planOf([[passwd, { ...write("/f"), owner: { user: "wwwdata" } } as never]]);
    await expect(testBuild(plan)).rejects.toMatchObject({
      code: "OWNER_UNKNOWN",
      shortMessage: 'the image has no user "wwwdata": /etc/passwd names root, www-data',
    });
  });
});

describe("mkdir, symlink, remove", () => {
  test("mkdir sets an existing folder, but not with ifMissing", async () => {
    const mkdir = (path: string, octal: number, ifMissing = false) =>
      ({ op: "mkdir", path, mode: { octal }, ...(ifMissing ? { ifMissing } : {}) }) as const;
    const plan = planOf([
      [mkdir("/a/b", 0o700)],
      [mkdir("/a/b", 0o755, true)],
      [mkdir("/a", 0o711), mkdir("/a/b", 0o700)],
    ]);
    const { layers } = await testBuild(plan);
    expect(layers.map(lines)).toEqual([["a/ 0755 0:0", "a/b/ 0700 0:0"], ["a/ 0711 0:0"]]);
  });

  test("a link replaces a file and refuses a folder", async () => {
    const link = { op: "symlink", path: "/x", target: "/y" } as const;
    expect(lines((await testBuild(planOf([[write("/x")], [link]]))).layers[1])).toEqual([
      "x 0777 0:0 symlink /y",
    ]);
    const onFolder = planOf([[{ op: "mkdir", path: "/x", mode: { octal: 0o755 } }, link]]);
    await expect(testBuild(onFolder)).rejects.toMatchObject({ code: "DEST_IS_FOLDER" });
  });

  test("a removal is a whiteout only for what a lower layer has", async () => {
    const plan = planOf([
      [write("/a/x"), write("/a/y"), write("/b")],
      [
        write("/c"),
        { op: "remove", path: "/c" },
        { op: "remove", path: "/a" },
        { op: "remove", path: "/nothing" },
      ],
    ]);
    expect((await testBuild(plan)).layers[1]?.map(({ path }) => path)).toEqual([".wh.a"]);
  });

  test("a folder that is removed and made again hides what was in it", async () => {
    const plan = planOf([
      [write("/a/x"), write("/a/y")],
      [{ op: "remove", path: "/a" }, write("/a/y", "new")],
    ]);
    expect((await testBuild(plan)).layers[1]?.map(({ path }) => path)).toEqual(["a/.wh..wh..opq", "a/y"]);
  });

  test("removing a link removes the link, and the root cannot be removed", async () => {
    const plan = planOf([
      [write("/d/x"), { op: "symlink", path: "/l", target: "/d" }],
      [{ op: "remove", path: "/l" }],
    ]);
    expect((await testBuild(plan)).layers[1]?.map(({ path }) => path)).toEqual([".wh.l"]);
    await expect(testBuild(planOf([[{ op: "remove", path: "/" }]]))).rejects.toMatchObject({
      code: "DEST_IS_ROOT",
    });
  });
});

describe("chmod and chown", () => {
  test("copy a file of a lower layer up with its content", async () => {
    const plan = planOf([
      [write("/a/x", "content")],
      [{ op: "chmod", path: "/a/x", mode: { symbolic: "u+x" } }],
    ]);
    expect(lines((await testBuild(plan)).layers[1])).toEqual(['a/x 0744 0:0 "content"']);
  });

  test("that change nothing make no layer", async () => {
    const plan = planOf([
      [write("/x")],
      [
        { op: "chmod", path: "/x", mode: { octal: 0o644 } },
        { op: "chown", path: "/x", owner: { user: 0 } },
      ],
    ]);
    const { layers, config } = await testBuild(plan);
    expect(layers).toHaveLength(1);
    expect(config.history).toHaveLength(1);
  });

  test("walk folders and leave links alone or change the link itself", async () => {
    const plan = planOf([
      [write("/d/x", "", 0o600), write("/d/e/y", "", 0o700), { op: "symlink", path: "/d/l", target: "/out" }],
      [{ op: "chmod", path: "/d", mode: { symbolic: "a+rX" }, recursive: true }],
      [{ op: "chown", path: "/d", owner: { user: 9 }, recursive: true }],
    ]);
    const { layers } = await testBuild(plan);
    expect(lines(layers[1])).toEqual(['d/e/y 0755 0:0 ""', 'd/x 0644 0:0 ""']);
    expect(lines(layers[2])).toEqual([
      "d/ 0755 9:9",
      "d/e/ 0755 9:9",
      'd/e/y 0755 9:9 ""',
      "d/l 0777 9:9 symlink /out",
      'd/x 0644 9:9 ""',
    ]);
  });

  test("chown takes setuid away, and setgid of what the group may execute", async () => {
    const plan = planOf([
      [
        write("/a", "", 0o6755),
        write("/b", "", 0o6644),
        { op: "mkdir", path: "/d", mode: { octal: 0o2775 } },
      ],
      ["/a", "/b", "/d"].map((path) => ({ op: "chown", path, owner: { user: 1 } }) as const),
    ]);
    expect(lines((await testBuild(plan)).layers[1])).toEqual([
      'a 0755 1:1 ""',
      'b 2644 1:1 ""',
      "d/ 2775 1:1",
    ]);
  });

  test("follow a link, and name a path that is not there", async () => {
    const chmod = (path: string) => ({ op: "chmod", path, mode: { octal: 0o600 } }) as const;
    const plan = planOf([[write("/x"), { op: "symlink", path: "/l", target: "x" }], [chmod("/l")]]);
    expect(lines((await testBuild(plan)).layers[1])).toEqual(['x 0600 0:0 ""']);
    await expect(testBuild(planOf([[write("/etc/app.conf"), chmod("/etc/App.conf")]]))).rejects.toMatchObject(
      {
        code: "PATH_NOT_FOUND",
        hint: expect.stringContaining("/etc/app.conf"),
      },
    );
  });
});

describe("refused before any work", () => {
  const origin = { file: "catalog.ts", line: 3 };

  test("commands, with how many there are", async () => {
    const run = { op: "run", command: "make  install", shell: ["/bin/sh", "-c"], env: {}, origin } as const;
    const plan = planOf([[copy("nowhere", "/")], [run, run]]);
    await expect(testBuild(plan)).rejects.toMatchObject({
      code: "RUN_NEEDS_SANDBOX",
      origin,
      shortMessage: expect.stringContaining('"make install" and 1 more'),
    });
  });

  test("stages that need themselves", async () => {
    const plan = planOf([[]], { base: { kind: "stage", stage: "image" } });
    await expect(testBuild(plan)).rejects.toMatchObject({ code: "STAGE_UNKNOWN" });
  });

  test("an aborted build", async () => {
    const signal = AbortSignal.abort();
    await expect(testBuild(planOf([[write("/x")]]), undefined, {}, { signal })).rejects.toThrow("aborted");
  });
});

test("contents in base64 are bytes", async () => {
  const contents = { digest: "", size: 2, base64: Buffer.from("é").toString("base64") };
  const plan = planOf([[{ op: "write", path: "/x", contents, mode: { octal: 0o600 } }]]);
  expect(lines((await testBuild(plan, makeContext({}))).layers[0])).toEqual(['x 0600 0:0 "é"']);
});
