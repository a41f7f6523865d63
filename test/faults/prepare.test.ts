import { describe, expect, test } from "vitest";
import { WITHOUT_PATH } from "../fixtures/base-kinds.js";
import { bothWays, expectRefused, expectSame, listingOf } from "./on-bases.js";

const LONG = { timeout: 300_000 };

describe("what a base says is known before both syntheses", () => {
  test("E1: a base without PATH gets the default one", LONG, async (context) => {
    const built = await bothWays(context, (base) => base.env({ A: "1" }), {
      variant: WITHOUT_PATH,
      builders: ["docker28", "docker26"],
    });
    expectSame(built);
    for (const { direct } of built) {
      const { Env } = listingOf(direct).config["config"] as { readonly Env: readonly string[] };
      expect(Env).toEqual(["LANG=C.UTF-8", expect.stringMatching(/^PATH=\/usr\/local\/sbin:/), "A=1"]);
    }
  });

  test("E1: squashed with its base, too", LONG, async (context) => {
    expectSame(
      await bothWays(context, (base) => base.write("/a", "1").squash("all"), {
        variant: WITHOUT_PATH,
        kinds: ["busybox"],
      }),
    );
  });

  test("E12: a directory below a setgid one is as new, on disk and in a registry", LONG, async (context) => {
    const built = await bothWays(context, (base) => base.copy("f", "/var/local/app/f"), {
      context: { f: "1\n" },
      kinds: ["gnu"],
    });
    expectSame(built);
    for (const { direct } of built) {
      expect(listingOf(direct).rootfs.get("var/local/app")).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
    }
  });

  test("E28: a directory squashed over a registry base is one layer", LONG, async (context) => {
    expectSame(
      await bothWays(context, (base) => base.copy("site", "/srv/site", { owner: "1:2" }).squash("own"), {
        context: { "site/a": "1\n", "site/b/c": "2\n" },
      }),
    );
  });
});

describe("E19: what one synthesis refuses, the other refuses", () => {
  const both = { kinds: ["busybox", "gnu", "scratch"] } as const;

  test("E19: nothing is removed where nothing is", LONG, async (context) => {
    expectSame(await bothWays(context, (base) => base.write("/a", "1").remove("/b"), both));
  });

  test("E19: a file is no directory to copy below", LONG, async (context) => {
    const refused = await bothWays(context, (base) => base.write("/a", "1").copy("a", "/a/b"), {
      ...both,
      context: { a: "1\n" },
    });
    expectRefused(refused, "DEST_NOT_FOLDER");
  });

  test("E19: a command without a shell", LONG, async (context) => {
    const refused = await bothWays(context, (base) => base.run("ls"), { kinds: ["scratch"] });
    expectRefused(refused, "NO_SHELL");
    const removed = await bothWays(context, (base) => base.remove("/bin").remove("/usr/bin").run("ls"), {
      kinds: ["busybox"],
    });
    for (const { direct, dockerfile } of removed) expect(direct).toEqual(dockerfile);
  });

  test("E19: a circle of links is removed like any link", LONG, async (context) => {
    expectSame(
      await bothWays(context, (base) => base.symlink("b", "/a").symlink("a", "/b").remove("/a"), {
        kinds: ["busybox", "gnu"],
      }),
    );
  });

  test("E19: a directory that the base has as a link", LONG, async (context) => {
    expectSame(await bothWays(context, (base) => base.mkdir("/var/run"), { kinds: ["gnu", "busybox"] }));
    expectSame(await bothWays(context, (base) => base.mkdir("/lib"), { kinds: ["gnu"] }));
  });

  test("E19: what a Dockerfile needs a tool for is refused by the build too", LONG, async (context) => {
    const refused = await bothWays(context, (base) => base.copy("tree", "/t").remove("/t/f"), {
      kinds: ["scratch"],
      context: { "tree/f": "1\n", "tree/g": "2\n" },
    });
    expectRefused(refused, "NO_TOOL");
  });
});
