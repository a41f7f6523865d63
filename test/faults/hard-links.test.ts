import type { Image } from "layerwright";
import { describe, expect, test } from "vitest";
import { mayLink } from "../../src/dockerfile/file-script.js";
import { bothWays, type Comparison, expectSame, listingOf } from "./on-bases.js";

const timeout = 600_000;

/** Sizes of paths of the Dockerfile's image, and whether two of them are one file. */
function sizes(built: readonly Comparison[], ...paths: readonly string[]): (number | undefined)[][] {
  return built.map(({ dockerfile }) => paths.map((path) => listingOf(dockerfile).rootfs.get(path)?.size));
}

describe.concurrent("E13: a command of a layer writes through no hard link that an earlier one made", () => {
  test("a tree of an earlier layer", { timeout }, async (test) => {
    const built = await bothWays(test, (base) =>
      base
        .run("mkdir /a && echo one > /a/x")
        .with((image: Image) => image.run("cp -al /a /b").run("echo two >> /b/x")),
    );
    expectSame(built);
    expect(sizes(built, "a/x", "b/x")).toEqual(built.map(() => [4, 8]));
  });

  test("a tree of the layer itself; what stays the same stays one file", { timeout }, async (test) => {
    const built = await bothWays(test, (base) =>
      base.layer("linked", (image) =>
        image
          .run(
            "mkdir /a; echo one > '/a/x y'; echo 1 > /a/y; ln /a/y /a/z; cp -al /a /b; echo s > /a/s; ln /a/s /s",
          )
          .run("echo two >> '/b/x y'; chmod 600 /b/z")
          .chmod("/a/y", 0o640),
      ),
    );
    expectSame(built);
    for (const { dockerfile } of built) {
      const { rootfs } = listingOf(dockerfile);
      expect([rootfs.get("a/x y")?.size, rootfs.get("b/x y")?.size]).toEqual([4, 8]);
      expect(["a/y", "a/z", "b/y", "b/z"].map((path) => rootfs.get(path)?.mode.toString(8))).toEqual([
        "640",
        "644",
        "644",
        "600",
      ]);
      expect(rootfs.get("a/s")).toBe(rootfs.get("s"));
    }
  });
});

test("E13: only a command that may link is followed by a look at its links", () => {
  const links = ["ln a b", "cd /x && ln -f a b", "cp -al /a /b", "cp --link a b", "rsync -aH a/ b/"];
  const others = [
    "ln -s a b",
    "ln -sfn a b",
    "ln --symbolic a b",
    "cp -a /a /b",
    "echo ln",
    "ls -l",
    "cp a b",
  ];
  const may = (command: string) => mayLink({ op: "run", command, shell: ["/bin/sh", "-c"], env: {} });
  expect(links.filter((command) => !may(command))).toEqual([]);
  expect(others.filter(may)).toEqual([]);
});
