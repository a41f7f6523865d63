import { describe, expect, test } from "vitest";
import { bothWays, expectSame, listingOf } from "./on-bases.js";

const LONG = { timeout: 300_000 };

describe.concurrent("E28: what an earlier copy of a directory brought is known", () => {
  const kinds = ["busybox"] as const;
  const tree = {
    "tree/sub/f": { contents: "1\n", mode: 0o600 },
    "tree/sub/deep/g": "2\n",
    "tree/link": { link: "sub" },
    one: "3\n",
  };
  const again = { mode: "u=rwX,go=" };

  for (const [frontend, builder] of [
    ["1.4", "docker26"],
    ["1.19", "docker28"],
  ] as const) {
    const options = { context: tree, kinds, frontend, builders: [builder] };

    test(`a part of it once more, front end ${frontend}`, LONG, async (context) => {
      expectSame(
        await bothWays(
          context,
          (base) => base.copy("tree", "/d").copy("tree/sub", "/d/sub", again).squash("keep"),
          options,
        ),
      );
    });

    test(`a part of it in one layer with others, front end ${frontend}`, LONG, async (context) => {
      const built = await bothWays(
        context,
        (base) =>
          base
            .copy("tree", "/d", { owner: "5:6", mode: "go=rX" })
            .layer("one", (image) =>
              image
                .write("/a/b/two", "x", { owner: 0, mode: "a=rX" })
                .copy("tree/sub/deep", "/d/sub/deep", again)
                .copy("one", "/d/link/one", { owner: "7:8" })
                .copy("one", "/d/new/one"),
            ),
        options,
      );
      expectSame(built);
      for (const { direct } of built) {
        const { rootfs } = listingOf(direct);
        expect(rootfs.get("d/sub")).toMatchObject({ uid: 5, gid: 6 });
        expect(rootfs.get("d/sub/deep")).toMatchObject({ uid: 5, gid: 6 });
        expect(rootfs.get("d/sub/deep/g")).toMatchObject({ uid: 0, gid: 0 });
        expect(rootfs.get("d/sub/one")).toMatchObject({ uid: 7, gid: 8 });
      }
    });
  }

  test("by a pattern and with excludes", LONG, async (context) => {
    expectSame(
      await bothWays(
        context,
        (base) =>
          base
            .copy(["tre*", "one"], "/d/", { exclude: ["sub/deep"] })
            .layer("two", (image) =>
              image.write("/a", "x").copy("one", "/d/sub/deep/one").copy("one", "/d/sub/two", { owner: 9 }),
            ),
        { context: tree, kinds, frontend: "1.19" },
      ),
    );
  });
});

describe.concurrent("E28: a source of another stage that may be a file or a directory", () => {
  const make =
    "mkdir -p /made/dir/in && echo 1 > /made/dir/in/f && echo 2 > /made/file && chmod 700 /made/dir";

  for (const source of ["/made/dir", "/made/file"]) {
    test(`${source} to a new place`, LONG, async (context) => {
      const built = await bothWays(
        context,
        (base) => {
          const made = base.run(make).path(source);
          return base
            .copy(made, "/new/place/x", { owner: "5:6" })
            .copy(made, "/next/place/y", { owner: "5:6", mode: 0o755 })
            .layer("one", (image) =>
              image.write("/other", "x").copy(made, "/third/place/z", { owner: "7:8" }),
            );
        },
        { kinds: ["busybox"], builders: ["docker28", "docker26"] },
      );
      expectSame(built);
      for (const { direct } of built) {
        const { rootfs } = listingOf(direct);
        expect(rootfs.get("new/place")).toMatchObject({ uid: 0, gid: 0 });
        expect(rootfs.get("new/place/x")).toMatchObject({ uid: 5, gid: 6 });
        expect(rootfs.get("third/place/z")).toMatchObject({ uid: 7, gid: 8 });
      }
    });

    test(`${source} to a place that a command may have made`, LONG, async (context) => {
      const built = await bothWays(
        context,
        (base) => {
          const made = base.run(make).path(source);
          return base
            .run("mkdir -p /old/place/y && chmod 711 /old/place/y")
            .copy(made, "/old/place/x", { owner: "5:6" })
            .copy(made, "/old/place/y", { owner: "5:6" });
        },
        { kinds: ["busybox"] },
      );
      expectSame(built);
      for (const { direct } of built) {
        const { rootfs } = listingOf(direct);
        expect(rootfs.get("old/place/x")).toMatchObject({ uid: 5, gid: 6 });
        expect(rootfs.get("old/place/y")).toMatchObject({ type: "dir", uid: 0, mode: 0o711 });
      }
    });
  }
});

test("E28: a working directory that the layer itself makes is no layer more", LONG, async (context) => {
  const built = await bothWays(
    context,
    (base) =>
      base
        .with((image) =>
          image
            .workdir("/srv/work")
            .copy("file", "beside")
            .run("pwd > /seen", { network: "none" })
            .workdir("/srv/other")
            .run("pwd >> /seen", { network: "none" }),
        )
        .workdir("/srv/work")
        .run("pwd > here", { network: "none" })
        .layer("two", (image) => image.workdir("sub").run("pwd > here", { network: "none" })),
    { context: { file: "x" } },
  );
  expectSame(built);
});
