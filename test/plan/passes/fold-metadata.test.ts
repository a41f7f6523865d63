import { describe, expect, it } from "vitest";
import { Image } from "../../../src/image/image.js";
import { layersOf, planned } from "../planned.js";

const scratch = Image.scratch();
const debian = Image.from("debian:bookworm-slim");
const files = { app: "file", tree: "folder", "tree/run": "file", "tree/lib": "folder" } as const;

const folded: readonly [string, Image, unknown][] = [
  ["a chmod of a copied file", scratch.copy("app", "/app").chmod("/app", 0o755), { mode: { octal: 0o755 } }],
  [
    "a chmod of a file copied into a folder",
    scratch.copy("app", "/bin/").chmod("/bin/app", "u+x"),
    { mode: { symbolic: "u+x" } },
  ],
  [
    "a chown of a copied file",
    scratch.copy("app", "/app").chown("/app", "5:6"),
    { owner: { user: 5, group: 6 } },
  ],
  ["a chmod of a written file", scratch.write("/w", "x").chmod("/w", "a+x"), { mode: { octal: 0o755 } }],
  ["a chmod of a made folder", scratch.mkdir("/d").chmod("/d", 0o700), { mode: { octal: 0o700 } }],
  ["a chmod of a binary", scratch.binary("app", "/app").chmod("/app", 0o555), { mode: { octal: 0o555 } }],
  [
    "two of them",
    scratch.copy("app", "/app").chmod("/app", "u+x").chmod("/app", "go-r"),
    { mode: { symbolic: "u+x,go-r" } },
  ],
  ["a plain chmod command", debian.copy("app", "/app").run("chmod +x /app"), { mode: { symbolic: "+x" } }],
  [
    "a plain chown command",
    debian.copy("app", "/app").run(["chown", "5:6", "/app"]),
    { owner: { user: 5, group: 6 } },
  ],
  [
    "a recursive chmod of a tree that is new",
    scratch.copy("tree", "/t").chmod("/t", "go-w", { recursive: true }),
    { mode: { symbolic: "go-w" } },
  ],
];

const kept: readonly [string, Image][] = [
  ["a file of the base", debian.chmod("/usr/bin/env", 0o755)],
  ["a command between", debian.copy("app", "/app").run("cp /app /b").chmod("/app", 0o755)],
  ["a tree that may be there already", debian.copy("tree", "/t").chmod("/t", "go-w", { recursive: true })],
  ["a folder inside a tree", scratch.copy("tree", "/t").chmod("/t/lib", 0o700)],
  ["a chown after setuid", scratch.write("/w", "x", { mode: 0o4755 }).chown("/w", 5)],
  ["a glob", scratch.copy("*", "/t/").chmod("/t/app", 0o755)],
  ["a shell in the command", debian.copy("app", "/app").run("chmod +x /app && true")],
  ["a command of another user", debian.user("app").copy("app", "/app").run("chmod +x /app")],
  ["a chown command without a group", debian.copy("app", "/app").run("chown 5 /app")],
  ["a write bit that hangs on the umask", debian.copy("app", "/app").run("chmod +w /app")],
  ["a link", scratch.symlink("/app", "/link").chmod("/link", 0o755)],
];

describe("fold-metadata", () => {
  it.each(folded)("folds %s", (_, image, expected) => {
    const { plan, records } = planned(image, files, ["fold-metadata"]);
    const operations = plan.stages.at(-1)?.layers.flatMap((layer) => layer.operations);
    expect(operations).toHaveLength(1);
    expect(operations?.[0]).toMatchObject(expected as object);
    expect(records[0]?.origin?.file).toContain("fold-metadata.test.ts");
  });

  it.each(kept)("leaves alone: %s", (_, image) => {
    const { plan, warnings } = planned(image, files, ["fold-metadata"]);
    expect(layersOf(plan).length).toBe(image.node.steps.filter((step) => step.kind !== "user").length);
    if (
      !image.node.steps.some(
        (step) =>
          step.kind === "run" &&
          typeof step.command === "string" &&
          /&&|user|\+w|chown 5 /.test(step.command),
      )
    ) {
      expect(warnings.every((warning) => warning.code === "COPY_UP")).toBe(true);
    }
  });

  it("splits the one file of a copied tree off, in the same layer", () => {
    const image = scratch.copy("tree", "/t").chmod("/t/run", 0o755);
    const { plan } = planned(image, files, ["fold-metadata"]);
    expect(layersOf(plan)).toEqual([["copy tree /t", "copy tree/run /t/run"]]);
  });

  it("says what a chmod of the base costs", () => {
    const { warnings } = planned(debian.chmod("/usr/bin/env", 0o755), {}, ["fold-metadata"]);
    expect(warnings).toMatchObject([{ pass: "fold-metadata", code: "COPY_UP" }]);
  });
});
