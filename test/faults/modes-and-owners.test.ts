import { Image } from "layerwright";
import { describe, expect, test } from "vitest";
import type { BaseVariant } from "../fixtures/base-kinds.js";
import { bothWays, type Comparison, expectRefused, expectSame, listingOf } from "./on-bases.js";

/** Mode and owner of paths of the direct build, `2755 0:8`; the same on every base. */
function looks(built: readonly Comparison[], ...paths: readonly string[]): string[][] {
  return built.map(({ direct }) =>
    paths.map((path) => {
      const file = listingOf(direct).rootfs.get(path);
      return file === undefined ? "absent" : `${file.mode.toString(8)} ${file.uid}:${file.gid}`;
    }),
  );
}

const every = (built: readonly Comparison[], ...expected: readonly string[]) => built.map(() => expected);

/** Makes a user and a group with the tools that both kinds of base have. */
const user = (image: Image) =>
  image.run("echo neu:x:1000:1001::/:/bin/sh >> /etc/passwd; echo grp:x:77: >> /etc/group");

const context = { f: "F\n", "dir/a": "1\n", "dir/sub/b": "2\n" };

/** A build both ways on four bases takes its time where several run at once. */
const timeout = 600_000;

describe.concurrent("E4: an owner is looked up after what comes before it in its layer", () => {
  test("a copy in the layer of a recipe, of a name and of a squash", { timeout }, async (test) => {
    for (const shape of [
      (base: Image) => base.with((image) => user(image).copy("f", "/f", { owner: "neu" })),
      (base: Image) => user(base).copy("f", "/f", { owner: "neu" }).squash("own"),
    ]) {
      const built = await bothWays(test, shape, { context });
      expectSame(built);
      expect(looks(built, "f")).toEqual(every(built, "644 1000:1001"));
    }
  });

  test("every file step, with a group of its own", { timeout }, async (test) => {
    const owner = "neu:grp";
    const built = await bothWays(
      test,
      (base) =>
        base.layer("all", (image) =>
          user(image)
            .copy("dir", "/var/mail/new/dir/", { owner, mode: "u=rwX,go=rX" })
            .write("/w", "w\n", { owner, mode: 0o4755 })
            .mkdir("/m", { owner: "neu" })
            .symlink("/f", "/s", { owner: "neu" })
            .chown("/etc/motd", owner),
        ),
      { context },
    );
    expectSame(built);
    const paths = ["var/mail/new", "var/mail/new/dir", "var/mail/new/dir/sub/b", "w", "m", "s", "etc/motd"];
    expect(looks(built, ...paths)).toEqual(
      every(
        built,
        "755 0:0",
        "755 1000:77",
        "644 1000:77",
        "4755 1000:77",
        "755 1000:1001",
        "777 1000:1001",
        "644 1000:77",
      ),
    );
  });

  test("files of another stage keep setuid", { timeout }, async (test) => {
    const from = Image.scratch()
      .write("/t/a", "A\n", { mode: 0o4755 })
      .mkdir("/t/d", { mode: 0o2750, owner: 5 })
      .write("/t/d/c", "C\n", { mode: 0o6711 });
    const built = await bothWays(test, (base) =>
      base.with((image) => user(image).copy(from.path("/t"), "/var/mail/t", { owner: "neu" })),
    );
    expectSame(built);
    expect(looks(built, "var/mail/t/a", "var/mail/t/d/c")).toEqual(
      every(built, "4755 1000:1001", "6711 1000:1001"),
    );
  });

  test("a name of the base that a command changes", { timeout }, async (test) => {
    const built = await bothWays(
      test,
      (base) =>
        base.with((image) =>
          image.run("sed -i 's/^mail:x:8:8:/mail:x:4444:8:/' /etc/passwd").copy("f", "/f", { owner: "mail" }),
        ),
      { context },
    );
    expectSame(built);
    for (const [look] of looks(built, "f")) expect(look).toMatch(/^644 4444:\d+$/);
  });
});

test("E4: a name of an account file that the layer itself brings", { timeout }, async (test) => {
  const passwd = "root:x:0:0:::\nneu:x:7:8::/:\n";
  for (const [written, contents] of [
    [(image: Image) => image.write("/etc/passwd", passwd), context],
    [(image: Image) => image.copy("passwd", "/etc/passwd"), { ...context, passwd }],
  ] as const) {
    const built = await bothWays(
      test,
      (base) =>
        base.layer("all", (image) =>
          written(image).copy("f", "/f", { owner: "neu" }).write("/p/q/r", "r\n", { owner: "neu" }),
        ),
      { context: contents },
    );
    expectSame(built);
    expect(looks(built, "f", "p/q", "p/q/r")).toEqual(every(built, "644 7:8", "755 0:0", "644 7:8"));
  }
});

describe.concurrent("E11: a directory gets the bits that the mode says", () => {
  test("octal and symbolic, of the base and of a command", { timeout }, async (test) => {
    const built = await bothWays(test, (base) =>
      base
        .chmod("/var/mail", 0o755)
        .run("mkdir -p /q/w /r; chmod 6777 /q /q/w /r; touch /q/f; chmod 4777 /q/f; ln -s /etc/motd /q/l")
        .chmod("/q", "u=rwX,go=rX", { recursive: true })
        .chmod("/q/w", "a=rX")
        .chmod("/r", 0o755, { recursive: true }),
    );
    expectSame(built);
    const modes = looks(built, "var/mail", "q", "q/w", "q/f", "r").map((all) =>
      all.map((look) => look.replace(/ .*/, "")),
    );
    // Clauses that do not name setuid and setgid leave them, as coreutils have it; octal digits do not.
    expect(modes).toEqual(every(built, "755", "6755", "6555", "755", "755"));
  });
});

describe.concurrent("E12: a new directory below one with setgid is root's 0755", () => {
  test("in one layer with a command", { timeout }, async (test) => {
    const built = await bothWays(
      test,
      (base) =>
        base.with((image) =>
          image.run("true").copy("f", "/var/mail/app/f").mkdir("/var/mail/m/n").symlink("x", "/var/mail/k/l"),
        ),
      { context },
    );
    expectSame(built);
    const paths = ["var/mail/app", "var/mail/app/f", "var/mail/m", "var/mail/m/n", "var/mail/k"];
    expect(looks(built, ...paths)).toEqual(
      every(built, "755 0:0", "644 0:0", "755 0:0", "755 0:0", "755 0:0"),
    );
  });

  test("in layers of their own, before and after a command", { timeout }, async (test) => {
    const built = await bothWays(
      test,
      (base) =>
        base
          .copy("f", "/var/mail/before/f")
          .workdir("/var/mail/work/dir")
          .run("mkdir -p /srv/data && chgrp 8 /srv/data && chmod g+s /srv/data")
          .copy("f", "/var/mail/after/f")
          .copy("dir", "/var/mail/d/dir", { owner: 5 })
          .write("/srv/data/new/g", "g\n"),
      { context },
    );
    expectSame(built);
    const made = ["var/mail/before", "var/mail/work", "var/mail/after", "var/mail/d", "srv/data/new"];
    expect(looks(built, ...made)).toEqual(every(built, ...made.map(() => "755 0:0")));
    expect(looks(built, "var/mail/d/dir/sub")).toEqual(every(built, "755 5:5"));
  });

  const packages = "dnf() { mkdir -p $1 && chgrp 8 $1 && chmod $2 $1; }; dnf /var/log/app 2775";
  const made = "mkdir -p /y && chgrp 8 /y";

  test.for<[string, (base: Image) => Image, string]>([
    ["a package", (base) => base.run(packages).copy("f", "/var/log/app/new/f"), "var/log/app/new"],
    [
      "a package in the same layer",
      (base) => base.layer("one", (image) => image.run(packages).copy("f", "/var/log/app/new/f")),
      "var/log/app/new",
    ],
    [
      "a chmod of what a command made",
      (base) => base.run(made).chmod("/y", 0o2775).copy("f", "/y/new/f"),
      "y/new",
    ],
    [
      "a chmod of a tree that a command made, before another command",
      (base) => base.run(made).chmod("/y", "g+s", { recursive: true }).run("true").copy("dir", "/y/new/dir"),
      "y/new",
    ],
    [
      "a directory of another image",
      (base) => base.copy(base.run(`${made} && chmod 2775 /y`).path("/y"), "/z").copy("f", "/z/new/f"),
      "z/new",
    ],
    [
      "a command of the image that it starts from",
      (base) => Image.from(base.run(`${made} && chmod 2775 /y`)).mkdir("/y/new/d"),
      "y/new",
    ],
    [
      "a command of a squashed image",
      (base) =>
        Image.from(base.run(`${made} && chmod 2775 /y`).squash("own"))
          .run("true")
          .copy("f", "/y/new/f"),
      "y/new",
    ],
  ])("after %s", { timeout }, async ([, image, path], test) => {
    const built = await bothWays(test, image, { context });
    expectSame(built);
    expect(looks(built, path)).toEqual(every(built, "755 0:0"));
  });

  test("a copy replaces what a command made, and nothing else under another name", {
    timeout,
  }, async (test) => {
    const built = await bothWays(
      test,
      (base) =>
        base.with((image) =>
          image
            .run(
              "mkdir -p /o/dir/sub && echo 1 > /o/dir/a && ln /o/dir/a /o/a2 && echo 2 > /o/t && ln -s t /o/l && ln -s /o/t /o/dir/sub/b && chmod 700 /o/dir/sub",
            )
            .copy("dir", "/o/dir")
            .copy("f", "/o/l"),
        ),
      { context },
    );
    expectSame(built);
    expect(looks(built, "o/dir/sub", "o/dir/sub/b")).toEqual(every(built, "755 0:0", "644 0:0"));
  });
});

describe.concurrent("E15: chmod of a whole tree follows the link that it is given, and none inside", () => {
  test("links of the image and of a command", { timeout }, async (test) => {
    const built = await bothWays(test, (base) =>
      base
        .mkdir("/srv/one/d", { mode: 0o700 })
        .symlink("/srv/one", "/opt/one")
        .chmod("/opt/one", 0o711, { recursive: true })
        .run(
          "mkdir -p /srv/two/d && ln -s ../srv/two /opt/two && ln -s /etc/motd /srv/two/l && ln -s /etc/motd /opt/file",
        )
        .chmod("/opt/two", 0o711, { recursive: true })
        .chmod("/opt/file", 0o600, { recursive: true })
        .chown("/opt/two", 5, { recursive: true }),
    );
    expectSame(built);
    expect(looks(built, "srv/one/d", "srv/two/d", "etc/motd", "opt/two")).toEqual(
      every(built, "711 0:0", "711 0:0", "600 0:0", "777 5:5"),
    );
  });
});

test("E28: a squash of a directory with an owner is one layer", { timeout }, async (test) => {
  const built = await bothWays(
    test,
    (base) => base.copy("dir", "/srv/site", { owner: "1:2" }).squash("own"),
    { context },
  );
  expectSame(built);
  for (const { dockerfile } of built) {
    expect(
      listingOf(dockerfile)
        .layers.at(-1)!
        .paths.map(({ path }) => path),
    ).toContain("srv/site/sub/b");
  }
  expect(looks(built, "srv", "srv/site")).toEqual(every(built, "755 0:0", "755 1:2"));
});

test("E16: a squash below a linked directory", { timeout }, async (test) => {
  const built = await bothWays(test, (base) =>
    base.write("/lib/systemd/system/a.service", "1\n").write("/srv/q", "2\n").squash("own"),
  );
  expectSame(built);
  expect(looks(built, "usr/lib/systemd/system/a.service")).toEqual(every(built, "644 0:0"));
});

test("H8: a directory of an account that a command made, below new directories, is one layer", {
  timeout,
}, async (test) => {
  for (const copy of [
    (base: Image) => user(base).copy("dir", "/srv/own/deep", { owner: "neu" }),
    (base: Image) => user(base).copy("dir", "/srv/own/deep", { owner: "7:8" }),
    (base: Image) => user(base).copy(["dir", "f"], "/srv/own/deep/", { owner: "neu", mode: "u=rwX,go=" }),
    (base: Image) => user(base).user("neu").workdir("/srv/own/deep").copy("f", "f"),
  ]) {
    expectSame(await bothWays(test, copy, { context }));
  }
});

test("a directory that a pattern's first match, a file, makes is root's 0755", { timeout }, async (test) => {
  const tree = { ...context, "dir/0": "0\n", "other/z/y": "y\n" };
  for (const copy of [
    (base: Image) => base.copy("dir/*", "/made/", { mode: 0o1777 }),
    (base: Image) => base.copy("dir/*", "/made/", { owner: "7:8" }),
    (base: Image) => base.copy("other/*", "/made/", { owner: "7:8", mode: 0o700 }),
    (base: Image) => user(base).copy("dir/*", "/made/", { owner: "neu", mode: 0o700 }),
  ]) {
    expectSame(await bothWays(test, copy, { context: tree }));
  }
});

describe.concurrent("E19: modes and owners over a base without tools", () => {
  /** The busybox base without its programs, with files of its own. */
  const layer: BaseVariant["layer"] = [
    ...["bin", "sbin", "usr"].map((name) => ({ path: `.wh.${name}`, type: "file" as const })),
    { path: "opt/", type: "dir", mode: 0o2750, uid: 3, gid: 4 },
    { path: "opt/set", type: "file", mode: 0o6755, uid: 3, gid: 4, data: Buffer.from("set\n") },
    { path: "opt/a [b]", type: "file", mode: 0o640, data: Buffer.from("odd\n") },
    { path: "opt/twin", type: "link", linkname: "opt/set", mode: 0o6755, uid: 3, gid: 4 },
    { path: "to", type: "symlink", linkname: "opt" },
    {
      path: "opt/able",
      type: "file",
      mode: 0o755,
      data: Buffer.from("able\n"),
      xattrs: { "security.capability": "0100000200040000000000000000000000000000" },
    },
  ];
  const options = { kinds: ["busybox"], variant: { layer }, context } as const;

  test.for<[string, (base: Image) => Image, path: string, look: string]>([
    ["a file", (base) => base.chmod("/opt/set", 0o4711), "opt/set", "4711 3:4"],
    ["a file, by clauses", (base) => base.chmod("/opt/a [b]", "go=u,u+x"), "opt/a [b]", "766 0:0"],
    ["a file through a link", (base) => base.chmod("/to/set", "a-s"), "opt/set", "755 3:4"],
    ["a file with capabilities", (base) => base.chmod("/opt/able", 0o700), "opt/able", "700 0:0"],
    ["a file that is so already", (base) => base.chmod("/opt/set", 0o6755), "opt/set", "6755 3:4"],
    ["a directory", (base) => base.chmod("/opt", 0o755), "opt", "755 3:4"],
    ["a directory through a link", (base) => base.chmod("/to", "g-s,o+rx"), "opt", "755 3:4"],
    ["the owner of a file", (base) => base.chown("/opt/set", "7:8"), "opt/set", "755 7:8"],
    ["the owner of a name of a file", (base) => base.chown("/opt/twin", "3:4"), "opt/twin", "755 3:4"],
    ["the owner of a directory", (base) => base.chown("/opt", "7:8"), "opt", "2750 7:8"],
    [
      "one after the other, between files",
      (base) => base.copy("f", "/opt/f").chmod("/opt/set", 0o700).chown("/opt/set", 9).chmod("/opt", 0o711),
      "opt/set",
      "700 9:9",
    ],
    [
      "squashed with the base",
      (base) => base.chmod("/opt/set", 0o700).chown("/opt", "7:8").squash("all"),
      "opt/set",
      "700 3:4",
    ],
  ])("of %s", { timeout }, async ([, change, path, look], test) => {
    const built = await bothWays(test, change, { ...options, builders: ["docker26", "docker28"] });
    expectSame(built);
    expect(looks(built, path)).toEqual(every(built, look));
  });

  test.for<[string, (base: Image) => Image]>([
    ["all below a directory", (base) => base.chmod("/opt", 0o755, { recursive: true })],
    ["the owner of a file with capabilities", (base) => base.chown("/opt/able", "7:8")],
    ["nothing, but removes it", (base) => base.remove("/opt/set")],
  ])("of %s is refused", { timeout }, async ([, change], test) => {
    expectRefused(await bothWays(test, change, options), "NO_TOOL");
  });
});
