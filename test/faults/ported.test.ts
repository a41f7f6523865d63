import { Image } from "layerwright";
import { expect, test } from "vitest";
import { bothWays, expectSame, listingOf } from "./on-bases.js";

test("a directory of another image that is copied below a known one after unknown contents", async (context) => {
  const built = await bothWays(context, (base) => {
    const site = Image.from(base).run(
      "mkdir -p /out/a /out/deep/static && echo 1 > /out/a/f && echo 2 > /out/deep/static/g",
    );
    return base
      .run("echo 1 > /ran")
      .workdir("/app")
      .mkdir(".next", { owner: "1001:1001" })
      .copy(site.path("/out/a"), "./", { owner: "1001:1001" })
      .copy(site.path("/out/deep/static"), "./.next/static", { owner: "1001:1001" });
  });
  expectSame(built);
  for (const { direct, text } of built) {
    expect(listingOf(direct).rootfs.get("app/.next/static")).toMatchObject({ uid: 1001, gid: 1001 });
    expect(text).toContain("--chown=1001:1001 /out/deep/static /app/.next/static\n");
  }
});
