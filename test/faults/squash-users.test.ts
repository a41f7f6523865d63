import { Image } from "layerwright";
import { test } from "vitest";
import { bothWays, expectSame } from "./on-bases.js";

const timeout = 600_000;

test("E19: squash all over commands of different users", { timeout }, async (test) => {
  const built = await bothWays(
    test,
    (base) =>
      Image.from(base)
        .run("mkdir -p /a && chmod 1777 /a")
        .user("nobody")
        .run("id -un > /a/id")
        .user("root")
        .run("cp -al /a /b && echo more >> /b/id")
        .squash("all"),
    { kinds: ["gnu"] },
  );
  expectSame(built);
});
