import { describe, expect, test } from "vitest";
import { WITHOUT_PATH } from "../fixtures/base-kinds.js";
import { bothWays, expectSame, listingOf } from "./on-bases.js";

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
