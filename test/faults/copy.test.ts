import {
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Base, build, Catalog, dockerfile, Image, context as namedContext, report, synth } from "layerwright";
import { describe, expect, onTestFinished, test } from "vitest";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { LOCAL_REFERENCE } from "../fixtures/layout-registry.js";
import { copied } from "./copied-trees.js";
import { bothWays, expectSame, listingOf } from "./on-bases.js";

ensureBases();

/** A file by its text, a symbolic link, or one more name of a file. */
type Made = string | { readonly link: string } | { readonly same: string };

function files(tree: Readonly<Record<string, Made>>): (context: string) => void {
  return (context) => {
    for (const [path, made] of Object.entries(tree)) {
      const at = join(context, path);
      mkdirSync(dirname(at), { recursive: true });
      if (typeof made === "string") writeFileSync(at, made);
      else if ("link" in made) symlinkSync(made.link, at);
      else linkSync(join(context, made.same), at);
    }
  };
}

/** Builds both ways and expects one tree; gives its paths, or the code of what both refuse. */
async function both(tree: Readonly<Record<string, Made>>, image: Image): Promise<readonly string[] | string> {
  const { direct, differences } = await copied(files(tree), image);
  expect(differences).toEqual([]);
  return direct;
}

const scratch = Image.scratch();

describe.concurrent("E3: a file goes into a directory at its destination", { timeout: 300_000 }, () => {
  const tree = { f: "1", g: "2" };

  test("that the image made", async () => {
    expect(await both(tree, scratch.mkdir("/d").copy("f", "/d"))).toEqual(["/d/", "/d/f"]);
    const one = scratch.layer("one", (image) => image.mkdir("/d").copy("f", "/d").copy("g", "/e/x"));
    expect(await both(tree, one)).toEqual(["/d/", "/d/f", "/e/", "/e/x"]);
    const owned = scratch.mkdir("/d", { mode: 0o700 }).copy("f", "/d", { owner: "5:6", mode: 0o640 });
    expect(await both(tree, owned)).toEqual(["/d/", "/d/f"]);
    const linked = scratch.mkdir("/d").symlink("/d", "/l").copy("f", "/l");
    expect(await both(tree, linked)).toEqual(["/d/", "/d/f", "/l -> /d"]);
  });

  test("that a write does not", async () => {
    const { direct } = await copied(files(tree), scratch.mkdir("/d").write("/d", "1"));
    expect(direct).toBe("DEST_IS_FOLDER");
  });

  test("of the base, also after a command and in one layer with one", async (context) => {
    const built = await bothWays(
      context,
      (base) =>
        base
          .copy("f", "/etc")
          .copy("f", "/tmp", { owner: "5:6", mode: 0o600 })
          .run("mkdir -p /made/by/command")
          .copy("f", "/made/by/command")
          .copy("g", "/made/by/command", { owner: "5:6" })
          .layer("one", (image) => image.run("mkdir /joined").copy("f", "/joined").copy("g", "/joined/x")),
      { context: tree },
    );
    expectSame(built);
    for (const { direct } of built) {
      const { rootfs } = listingOf(direct);
      for (const path of ["etc/f", "tmp/f", "made/by/command/f", "made/by/command/g", "joined/f", "joined/x"])
        expect(rootfs.get(path)?.type, path).toBe("file");
    }
  });

  test("of the base, squashed", async (context) => {
    const built = await bothWays(
      context,
      (base) => base.copy("f", "/etc").copy("g", "/opt/g").squash("own"),
      {
        context: tree,
        places: ["disk"],
      },
    );
    expectSame(built);
    for (const { direct } of built) expect(listingOf(direct).rootfs.get("etc/f")?.type).toBe("file");
  });
});

describe.concurrent("E5, E6: excludes", { timeout: 300_000 }, () => {
  const tree = {
    "src/a.js": "1",
    "src/a.test.js": "2",
    "src/d/b.js": "3",
    "src/d/b.test.js": "4",
    "src/top.txt": "5",
    "src/d/top.txt": "6",
    "src/d/l": { link: "b.js" },
  };

  test("hold for files that a pattern matches, and for files by name", async () => {
    const exclude = ["*.test.js"];
    expect(await both(tree, scratch.copy("src/*.js", "/x/", { exclude }))).toEqual(["/x/", "/x/a.js"]);
    const named = scratch.copy(["src/a.js", "src/a.test.js"], "/x/", { exclude });
    expect(await both(tree, named)).toEqual(["/x/", "/x/a.js"]);
    const mixed = scratch.copy("src/*", "/x/", { exclude });
    expect(await both(tree, mixed)).toEqual(["/x/", "/x/a.js", "/x/b.js", "/x/l -> b.js", "/x/top.txt"]);
    expect(await both(tree, scratch.copy("src/a.js", "/x", { exclude: ["a.*"] }))).toBe("SOURCES_EXCLUDED");
  });

  test("a slash in front is the top of the source", async () => {
    const paths = await both(tree, scratch.copy("src/", "/x/", { exclude: ["/top.txt", "d/*.js"] }));
    expect(paths).toEqual(["/x/", "/x/a.js", "/x/a.test.js", "/x/d/", "/x/d/l -> b.js", "/x/d/top.txt"]);
  });

  test("of one copy leave another copy of the same directory alone", async () => {
    const image = scratch
      .copy("src", "/x", { exclude: ["**/*.test.js", "!d/b.test.js"] })
      .copy("src/d", "/y");
    const { direct, differences, dockerfiles } = await copied(files(tree), image);
    expect(differences).toEqual([]);
    expect(direct).toContain("/x/d/b.test.js");
    expect(direct).not.toContain("/x/a.test.js");
    expect(dockerfiles[1]).toContain('--exclude="**/*.test.js"');
  });

  test("do not bring back what the user's own rules hide", async () => {
    const image = scratch.copy("src", "/x", { exclude: ["*", "!d"] });
    const paths = await both({ ...tree, ".dockerignore": "src/d/*.js\n" }, image);
    expect(paths).toEqual(["/x/", "/x/d/", "/x/d/l -> b.js", "/x/d/top.txt"]);
  });

  test("** of a source", async () => {
    const paths = await both(tree, scratch.copy("**/*.js", "/x/", { exclude: ["*.test.*"] }));
    expect(paths).toEqual(["/x/", "/x/a.js", "/x/b.js"]);
    expect(await both(tree, scratch.copy("src/**", "/x/"))).toContain("/x/b.test.js");
  });
});

describe("E7: what layerwright writes is never copied", { timeout: 300_000 }, () => {
  const tree = { a: "1", "layerwright.out/app.tar": "2", "layerwright.out/files/z": "3" };

  test.each(["*", "**", ".", "lay*", "[!b]*"])("by %s", async (pattern) => {
    // The link needs a generated file, which lies in that directory.
    const image = scratch.copy("a", "/a").copy([pattern, "a"], "/y/").symlink("../a", "/l");
    const { direct, differences } = await copied(files(tree), image);
    expect(differences).toEqual([]);
    expect(direct === "SOURCE_PATTERN_EMPTY" ? [] : direct).not.toContain("/y/app.tar");
  });

  test("by name", async () => {
    expect(await both(tree, scratch.copy("layerwright.out/app.tar", "/y"))).toBe("SOURCE_NOT_FOUND");
    // A context of its own is copied as it is.
    const named = scratch.copy(namedContext("out", "layerwright.out").path("app.tar"), "/y");
    expect(await both(tree, named)).toEqual(["/y"]);
  });

  /** A context in which earlier runs wrote everything that they can write, elsewhere than usual. */
  async function written(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "layerwright-written-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    files({ a: "1", "dist/b": "2", "docker/c": "3", "deep/images/d": "4" })(folder);
    const [image, other] = [scratch.write("/a", "1"), scratch.write("/b", "2")];
    const settings = {
      context: folder,
      store: join(folder, "..", `${basename(folder)}-store`),
      lock: false,
    } as const;
    onTestFinished(() => rmSync(settings.store, { recursive: true, force: true }));
    const catalog = new Catalog("acme", { one: image, two: other }, { platforms: ["linux/amd64"] });
    await build(image, { ...settings, output: join(folder, "dist/a [1]+x.tar") });
    await build(image, { ...settings, output: { type: "layout", dest: join(folder, "deep/images/layout") } });
    await build(image, { ...settings, output: { type: "rootfs", dest: join(folder, "deep/rootfs.tar") } });
    await build(catalog, { ...settings, output: join(folder, "all") });
    await synth(catalog, { context: folder, out: "docker/files", lock: false });
    await report(catalog, { ...settings, out: "dist/report.html" });
    return folder;
  }

  test.each([
    ["*", ["/y/", "/y/a", "/y/b", "/y/c", "/y/images/", "/y/images/d"]],
    ["**/*", undefined],
    [
      ".",
      [
        "/y/",
        "/y/a",
        "/y/all/",
        "/y/deep/",
        "/y/deep/images/",
        "/y/deep/images/d",
        "/y/dist/",
        "/y/dist/b",
        "/y/docker/",
        "/y/docker/c",
      ],
    ],
    ["d*", ["/y/", "/y/b", "/y/c", "/y/images/", "/y/images/d"]],
    ["deep/*", ["/y/", "/y/d"]],
    ["dist", ["/y/", "/y/b"]],
    ["dist/a*", "SOURCE_PATTERN_EMPTY"],
    ["deep/images/layout", "SOURCE_NOT_FOUND"],
    ["docker/files/one/Dockerfile", "SOURCE_NOT_FOUND"],
    ["dist/a \\[1\\]+x.tar", "SOURCE_NOT_FOUND"],
  ])("that earlier runs wrote elsewhere in the context, by %s", async (pattern, expected) => {
    const folder = await written();
    const { direct, differences } = await copied(
      (context) => cpSync(folder, context, { recursive: true }),
      scratch.copy(pattern, "/y/"),
    );
    expect(differences).toEqual([]);
    if (expected !== undefined) expect(direct).toEqual(expected);
    else expect(`${direct}`).not.toMatch(/tar|layout|Dockerfile|html|manifest/);
  });

  test("until something else is in its place", async () => {
    const folder = await written();
    rmSync(join(folder, "deep/images/layout"), { recursive: true });
    files({ "deep/images/layout/mine": "5" })(folder);
    const { direct, differences } = await copied(
      (context) => cpSync(folder, context, { recursive: true }),
      scratch.copy("deep/images", "/y/"),
    );
    expect(differences).toEqual([]);
    expect(direct).toEqual(["/y/", "/y/d", "/y/layout/", "/y/layout/mine"]);
  });

  test("nor what this very run is to write over", async () => {
    const folder = mkdtempSync(join(tmpdir(), "layerwright-written-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    files({ a: "1", "app.tar": "of another program" })(folder);
    const settings = { context: folder, store: join(folder, "layerwright.out/store"), lock: false } as const;
    const output = join(folder, "app.tar");
    const image = scratch.copy("*", "/y/");
    const first = await build(image, { ...settings, output });
    expect((await build(image, { ...settings, output })).digest).toBe(first.digest);
    expect((await build(image, settings)).digest).toBe(first.digest);
    expect(readFileSync(join(folder, "layerwright.out/.outputs"), "utf8")).toBe("app.tar\n");
  });
});

describe.concurrent("E8, E9, E26: links of the context", { timeout: 300_000 }, () => {
  const tree = {
    f: "F",
    "d/a": "1",
    "d/b": "2",
    "d/in": { link: "a" },
    "d/up": { link: "../f" },
    ld: { link: "d" },
    l: { link: "f" },
    chain: { link: "deep/er/l" },
    "deep/er/l": { link: "../../l" },
    "deep/ld": { link: "../ld" },
  };

  test.each([
    [
      scratch.copy("d/a", "/a").copy("ld", "/x/"),
      ["/a", "/x/", "/x/a", "/x/b", "/x/in -> a", "/x/up -> ../f"],
    ],
    [scratch.copy("l", "/l"), ["/l"]],
    [scratch.copy("chain", "/x/"), ["/x/", "/x/chain"]],
    [scratch.copy("ld/up", "/x/"), ["/x/", "/x/up"]],
    [scratch.copy("deep/ld/a", "/x/").copy("l", "/y", { mode: 0o600 }), ["/x/", "/x/a", "/y"]],
    [scratch.copy("l*", "/x/"), ["/x/", "/x/a", "/x/b", "/x/in -> a", "/x/l", "/x/up -> ../f"]],
    [scratch.copy("ld/*", "/x/"), ["/x/", "/x/a", "/x/b", "/x/in", "/x/up"]],
    [scratch.copy("ld", "/x/", { exclude: ["a", "up"] }), ["/x/", "/x/b", "/x/in -> a"]],
    [scratch.copy("dee*/ld/a", "/x/"), "SOURCE_PATTERN_EMPTY"],
  ] as const)("are followed alike, %#", async (image, expected) => {
    expect(await both(tree, image)).toEqual(expected);
  });

  test.each([
    scratch.copy("two", "/x/", { mode: "u=rwX,go=" }),
    scratch.copy("two/s", "/x/", { mode: "u=rwX,go=" }),
    scratch.copy("two/s", "/x/", { exclude: ["/c"] }),
    scratch.copy("three", "/x/", { exclude: ["a"] }).copy("d/a", "/y"),
    scratch.copy("t*", "/x/", { exclude: ["a"] }).copy("d/a", "/y"),
    scratch.copy("three/*", "/x/", { exclude: ["a", "c"] }).copy("d/a", "/y"),
    scratch.copy("three/s/e", "/x/"),
  ])("files are copied one by one through a link of a link, %#", async (image) => {
    const chain = {
      "d/a": "1",
      "d/s/c": "3",
      "d/s/e": "4",
      one: { link: "d" },
      two: { link: "one" },
      three: { link: "deep/two" },
      "deep/two": { link: "../two" },
    };
    expect(await both(chain, image)).not.toBeTypeOf("string");
  });

  test("a bind mount leads through them", async (context) => {
    const built = await bothWays(
      context,
      (base) =>
        base.run("cat /m /n/a > /made", {
          mounts: [
            { type: "bind", source: "l", target: "/m" },
            { type: "bind", source: "ld", target: "/n" },
          ],
        }),
      {
        context: { f: "F", "d/a": "A", l: { link: "f" }, ld: { link: "d" } },
        kinds: ["busybox"],
        builders: ["docker26", "docker28"],
      },
    );
    expectSame(built);
    for (const { direct } of built) expect(listingOf(direct).rootfs.get("made")?.size).toBe(2);
  });

  test.each(["/etc/passwd", "../../f"])("one to %s is refused", async (link) => {
    expect(await both({ out: { link } }, scratch.copy("out", "/x/"))).toBe("SOURCE_OUTSIDE_CONTEXT");
    expect(await both({ out: { link } }, scratch.copy("o*", "/x/"))).toBe("SOURCE_OUTSIDE_CONTEXT");
  });

  test("E26: one that leads to nothing is refused where a pattern matches it, and stays a link below", async () => {
    const dangling = {
      "d/a": "1",
      "d/gone": { link: "nothing" },
      "d/hid": { link: "../secret" },
      secret: "2",
    };
    expect(await both(dangling, scratch.copy("d/g*", "/x/"))).toBe("SOURCE_LINK_BROKEN");
    expect(await both(dangling, scratch.copy("d/*", "/x/", { exclude: ["gone"] }))).toEqual([
      "/x/",
      "/x/a",
      "/x/hid",
    ]);
    const ignoring = { ...dangling, ".dockerignore": "secret\n" };
    expect(await both(ignoring, scratch.copy("d/h*", "/x/"))).toBe("SOURCE_LINK_BROKEN");
    expect(await both(dangling, scratch.copy("d", "/x/"))).toContain("/x/gone -> nothing");
  });
});

describe.concurrent("E10: several sources need a slash", { timeout: 300_000 }, () => {
  const tree = { "a.txt": "1", "b.txt": "2", "d/x": "3", "e/y": "4" };

  test("both refuse a pattern of two files without one", async () => {
    expect(await both(tree, scratch.copy("*.txt", "/dest"))).toBe("COPY_NEEDS_SLASH");
    expect(await both(tree, scratch.mkdir("/dest").copy("*.txt", "/dest"))).toBe("COPY_NEEDS_SLASH");
    const base = Image.from(LOCAL_REFERENCE);
    const joined = base.layer("one", (image) => image.run("true").copy("*.txt", "/dest"));
    expect(await both(tree, joined)).toBe("COPY_NEEDS_SLASH");
  });

  test("one match is a file, and directories are merged", async () => {
    expect(await both(tree, scratch.copy("a.*", "/dest"))).toEqual(["/dest"]);
    expect(await both(tree, scratch.copy("[de]", "/dest"))).toEqual(["/dest/", "/dest/x", "/dest/y"]);
  });
});

describe.concurrent("E14: names of one file stay names of one file", { timeout: 300_000 }, () => {
  const big = "x".repeat(10_000);
  const tree = { "d/a": big, "d/b": { same: "d/a" }, "d/s/c": { same: "d/a" }, "d/other": "1" };

  test.each([
    scratch.copy("d", "/x"),
    scratch.copy("d", "/x", { owner: "5:6", mode: 0o750 }),
    scratch.copy("d", "/x", { exclude: ["other"] }),
    scratch.copy("d/*", "/x/"),
    scratch.copy(namedContext("more", "d"), "/x"),
  ])("%#", async (image) => {
    expect(await both(tree, image)).not.toBeTypeOf("string");
  });

  test("a front end that would have to copy them one by one is refused", async () => {
    const { differences } = await copied(files(tree), scratch.copy("d", "/x", { mode: "u=rwX,go=" }));
    expect(differences).toEqual(["1.4: built | FRONTEND_TOO_OLD"]);
  });
});

describe("A7: a sparse file of 1 TiB", () => {
  /** A directory with such a file, which takes no room on the disk. */
  const huge = (at: string) => {
    mkdirSync(join(at, "d"));
    writeFileSync(join(at, "d/disk.img"), "");
    truncateSync(join(at, "d/disk.img"), 1024 ** 4);
  };
  const copies: readonly (readonly [string, Image])[] = [
    ["named", Image.scratch().copy("d/disk.img", "/x")],
    ["in a directory", Image.scratch().copy("d", "/x")],
    ["matched", Image.scratch().copy("d/*", "/x/")],
    ["as a binary", Image.scratch().binary("d/disk.img", "/x")],
    [
      "mounted",
      Image.from(Base.layout("base"))
        .workdir("/")
        .run("true", { mounts: [{ type: "bind", source: "d", target: "/d" }] }),
    ],
  ];

  test.each(copies)("%s: is refused both ways before it is read", async (_, image) => {
    const context = mkdtempSync(join(tmpdir(), "lw-huge-"));
    onTestFinished(() => rmSync(context, { recursive: true, force: true }));
    huge(context);
    cpSync(join(BASES, "layout-single"), join(context, "base"), { recursive: true });
    const refused = expect.objectContaining({ code: "SOURCE_TOO_LARGE" });
    await expect(build(image, { context, output: join(context, "out.tar") })).rejects.toEqual(refused);
    await expect(dockerfile(image, { context })).rejects.toThrow(refused);
  });

  test("in a base that is a directory: is refused before it is read", async () => {
    const context = mkdtempSync(join(tmpdir(), "lw-huge-"));
    onTestFinished(() => rmSync(context, { recursive: true, force: true }));
    huge(context);
    const image = Image.from(Base.rootfs("d")).write("/x", "");
    await expect(build(image, { context, output: join(context, "out.tar") })).rejects.toEqual(
      expect.objectContaining({ code: "SOURCE_TOO_LARGE" }),
    );
  });

  test("maxFileSize of the copy is the limit, in words or bytes", async () => {
    const image = (maxFileSize: number | string) => Image.scratch().copy("f", "/f", { maxFileSize });
    const refused = await both({ f: "12345" }, image(4));
    expect(refused).toBe("SOURCE_TOO_LARGE");
    expect(await both({ f: "12345" }, image("5B"))).toEqual(["/f"]);
    expect(() => image("much")).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
  });
});

test("E7: a list of outputs that is a link is neither read nor written through", async () => {
  const context = mkdtempSync(join(tmpdir(), "layerwright-outputs-"));
  const victim = join(context, "victim");
  mkdirSync(join(context, "layerwright.out"));
  writeFileSync(victim, "before\n");
  symlinkSync(victim, join(context, "layerwright.out/.outputs"));
  await build(Image.scratch().write("/a", "1"), { context, output: join(context, "a.tar") });
  expect(readFileSync(victim, "utf8")).toBe("before\n");
  rmSync(context, { recursive: true });
});
