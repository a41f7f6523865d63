import { describe, expect, test } from "vitest";
import { WITHOUT_PATH } from "../fixtures/base-kinds.js";
import { bothWays, expectRefused, expectSame, listingOf } from "./on-bases.js";

/** The harness of the fault rows, tried on images that both syntheses have always made alike. */
describe("bothWays", () => {
  test("builds on every kind of base, on disk and in a registry", { timeout: 300_000 }, async (context) => {
    const built = await bothWays(
      context,
      (base) => base.copy("tree", "/opt/app/tree").run("cat /opt/app/tree/f > /made"),
      { context: { "tree/f": "one\n", "tree/l": { link: "f" } }, builders: ["docker28", "docker26"] },
    );
    expect(built.map(({ name }) => name)).toEqual([
      "busybox on disk, docker28",
      "busybox on disk, docker26",
      "busybox in a registry, docker28",
      "busybox in a registry, docker26",
      "gnu on disk, docker28",
      "gnu on disk, docker26",
      "gnu in a registry, docker28",
      "gnu in a registry, docker26",
    ]);
    expectSame(built);
    for (const { direct, kind } of built) {
      const { rootfs } = listingOf(direct);
      expect(rootfs.get("made")).toMatchObject({ type: "file", size: 4 });
      expect(rootfs.get("bin")?.type).toBe(kind === "gnu" ? "symlink" : "dir");
      expect(rootfs.get("var/mail")?.mode).toBe(0o2775);
    }
  });

  test("takes another config and one layer more", { timeout: 300_000 }, async (context) => {
    const layer = [{ path: "data", type: "dir", mode: 0o2750, gid: 50 }] as const;
    const built = await bothWays(context, (base) => base.label("a", "1"), {
      places: ["disk"],
      variant: { ...WITHOUT_PATH, layer },
    });
    for (const { direct, dockerfile } of built) {
      expect(listingOf(direct).rootfs.get("data")).toMatchObject({ mode: 0o2750, gid: 50 });
      expect(listingOf(dockerfile).rootfs.get("data")).toMatchObject({ mode: 0o2750, gid: 50 });
      expect(listingOf(direct).config["config"]).toMatchObject({
        Env: ["LANG=C.UTF-8", expect.stringContaining("PATH=")],
      });
    }
  });

  test("tells refusals, failures and differences", { timeout: 300_000 }, async (context) => {
    const refused = await bothWays(context, (base) => base.copy("nothing", "/a"));
    expectRefused(refused, "SOURCE_NOT_FOUND");
    const [failed] = await bothWays(context, (base) => base.run("exit 3"), {
      kinds: ["busybox"],
      places: ["disk"],
    });
    expect(failed).toMatchObject({ direct: { failed: expect.stringContaining("exit 3") }, differences: [] });
    const told = [{ ...failed!, differences: ["/a: only in the first"] }];
    expect(() => expectSame(told)).toThrow("busybox on disk, docker28: /a: only i");
    expectSame(await bothWays(context, (base) => base.write("/a", "1"), { kinds: ["scratch"] }));
  });
});
