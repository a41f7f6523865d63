import { mkdirSync, writeFileSync } from "node:fs";
import type { Image } from "layerwright";
import { describe, expect, test } from "vitest";
import { bothWays, expectRefused, expectSame, listingOf } from "./on-bases.js";

const name = (index: number) => `a-file-with-a-long-name-${String(index).padStart(4, "0")}`;
const names = Array.from({ length: 3000 }, (_, index) => name(index));
const context = Object.fromEntries(names.map((one) => [one, "x"]));
const once = { kinds: ["busybox"], places: ["disk"] } as const;

/** Text in which a line can be broken at few places only. */
const long = `${"\\".repeat(4000)}é #${"# ".repeat(4500)}"$X${"'\"".repeat(20_000)}`;

describe("E20: an instruction over the 64 KiB that BuildKit reads of a line", () => {
  test("E20: a copy of 3,000 named files", async (t) => {
    const built = await bothWays(t, (base) => base.copy(names, "/d/"), {
      ...once,
      context,
      builders: ["docker26", "docker28"],
    });
    expectSame(built);
    for (const { direct, text } of built) {
      expect([...listingOf(direct).rootfs.keys()].filter((path) => path.startsWith("d/"))).toHaveLength(3000);
      expect(Math.max(...text!.split("\n").map((line) => line.length))).toBeLessThanOrEqual(20_001);
    }
  });

  test("E20: a copy of 3,000 files whose names need JSON", async (t) => {
    const odd = Object.fromEntries(names.map((one) => [`# ${one}`, "x"]));
    expectSame(await bothWays(t, (base) => base.copy(Object.keys(odd), "/d/"), { ...once, context: odd }));
  });

  test("E20: values of variables and labels, and arguments", async (t) => {
    const built = await bothWays(
      t,
      (base) =>
        base
          .env({ A: "a".repeat(70_000), B: long, C: "b c ".repeat(20_000) })
          .label("org.example.long", long)
          .cmd(["echo", long, "a".repeat(70_000)]),
      { ...once, builders: ["docker26", "docker28"] },
    );
    expectSame(built);
    for (const { direct } of built) {
      expect(JSON.stringify(listingOf(direct).config)).toContain(JSON.stringify(`B=${long}`));
    }
  });

  test("E20: commands of 70,000 bytes", async (t) => {
    expectSame(
      await bothWays(
        t,
        (base) =>
          base
            .run(`echo ${"a".repeat(70_000)} > /line`)
            .run(`echo '\n${"b #".repeat(30_000)}' > /script`)
            .run(["/bin/sh", "-c", 'echo "$0" > /exec', long]),
        { ...once, builders: ["docker26", "docker28"] },
      ),
    );
  });
});

describe("E20: what Linux starts no program with", () => {
  const long131 = "a".repeat(131_071);

  test("E20: an argument of 131,071 bytes is the longest", async (t) => {
    expectSame(await bothWays(t, (base) => base.run(["/bin/sh", "-c", 'echo "$0" > /f', long131]), once));
    const refused = await bothWays(t, (base) => base.run(["/bin/sh", "-c", "true", `${long131}a`]), once);
    expectRefused(refused, "ARGUMENT_TOO_LONG");
  });

  test("E20: a variable that a command is given, and a script", async (t) => {
    const described: ((base: Image) => Image)[] = [
      (base) => base.run(`true ${long131}`),
      (base) => base.env("A", long131).run("true"),
      (base) => base.run("true", { env: { A: long131 } }),
      (base) => base.layer("one", (i) => i.write("/f", "x").run(`true ${long131}`)),
    ];
    for (const describe of described) expectRefused(await bothWays(t, describe, once), "ARGUMENT_TOO_LONG");
  });
});

describe("E21: names and values with odd ends", () => {
  test("E21: a backslash at the end of directories, names and values", async (t) => {
    const built = await bothWays(
      t,
      (base) =>
        base
          .workdir("/a\\")
          .write("/b/n\\", "x")
          .mkdir("/c\\")
          .symlink("/c", "/d\\")
          .copy("f", "/x/f\\")
          .copy("f", "/y\\/")
          .label("a\\", "b\\")
          .env("A", "a\\")
          .volume("/v\\")
          .run("echo a > '/z\\'")
          .run(["/bin/sh", "-c", "true", "\\"])
          .remove("/z\\")
          .cmd(["\\"]),
      { kinds: ["busybox"], context: { f: "1" } },
    );
    expectSame(built);
    for (const { direct } of built) expect(listingOf(direct).rootfs.has("y\\/f")).toBe(true);
  });

  test("E21: a control character in a named source", async (t) => {
    const files = { "a\tb": "1", "d/a\tb": "1", "t\u007f/u": "1" };
    for (const path of ["a\tb", "d/a\tb", "t\u007f/u", "d/*\tb"]) {
      const refused = await bothWays(t, (base) => base.copy(path, "/x/"), { ...once, context: files });
      expectRefused(refused, "NOT_EXPRESSIBLE");
    }
    expectSame(await bothWays(t, (base) => base.copy("d", "/x"), { ...once, context: files }));
    expectSame(await bothWays(t, (base) => base.copy("d/*", "/x/"), { ...once, context: files }));
    // What a link leads to is let through by the ignore file.
    const linked = { ...files, l: { link: "d/a\tb" } };
    expectSame(await bothWays(t, (base) => base.copy("l", "/x/"), { ...once, context: linked }));
  });

  test("E21: a name that is not UTF-8 below a copied directory", async (t) => {
    const fill = (directory: string) => {
      mkdirSync(`${directory}/d/below`, { recursive: true });
      const name = Buffer.concat([Buffer.from(`${directory}/d/below/n`), Buffer.from([0xff, 0xe9])]);
      writeFileSync(name, "1");
      writeFileSync(`${directory}/d/f`, "1");
    };
    const described: ((base: Image) => Image)[] = [
      (base) => base.copy("d", "/x"),
      (base) => base.copy("d/*", "/x/"),
      (base) => base.copy(".", "/x"),
      (base) => base.run("true", { mounts: [{ type: "bind", source: "d", target: "/m" }] }),
    ];
    for (const describe of described) {
      expectRefused(await bothWays(t, describe, { ...once, context: fill }), "NOT_EXPRESSIBLE");
    }
    expectSame(await bothWays(t, (base) => base.copy("d/f", "/x/"), { ...once, context: fill }));
  });
});
