import { describe, expect, it } from "vitest";
import { Base } from "../../../src/image/base.js";
import { Image } from "../../../src/image/image.js";
import { commandPaths } from "../../../src/plan/passes/command-as-files.js";
import type { SourceProbe } from "../../../src/plan/passes/pass.js";
import { optimize, optimizeTogether } from "../../../src/plan/passes/pipeline.js";
import type { KnownPath, Plan } from "../../../src/plan/plan.js";
import { layersOf, lowered, planned } from "../planned.js";

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

/** A base on disk that is known to have these directories and nothing else. */
function onDisk(plan: Plan, folders: readonly string[], links: Readonly<Record<string, string>> = {}): Plan {
  const entry = { mode: 0o755, uid: 0, gid: 0 };
  const paths: Record<string, KnownPath> = {};
  const all = plan.stages.flatMap(({ layers }) => layers.flatMap(({ operations }) => operations));
  for (const operation of all) {
    const named =
      operation.op === "run" ? commandPaths(operation) : "path" in operation ? [operation.path] : [];
    for (const path of "dest" in operation ? [operation.dest] : named) {
      const parts = path.split("/").slice(1);
      for (const at of parts.keys()) paths[`/${parts.slice(0, at + 1).join("/")}`] = null;
    }
  }
  for (const folder of folders) paths[folder] = { type: "folder", ...entry };
  for (const [link, target] of Object.entries(links)) paths[link] = { type: "symlink", target, ...entry };
  const known = { config: {}, paths, users: {}, groups: {} };
  const stages = plan.stages.map((stage) =>
    stage.base.kind === "layout" ? { ...stage, base: { ...stage.base, known } } : stage,
  );
  return { ...plan, stages };
}

describe("over a base that is known", () => {
  const base = Image.from(Base.layout("base", { tag: "v1" }));
  const probe: SourceProbe = (_, path) => files[path as keyof typeof files] ?? "missing";
  const fold = (image: Image, folders = ["/opt", "/usr", "/usr/local"], links = {}) =>
    optimize(onDisk(lowered(image), folders, links), { probe });
  const tree = base.copy("tree/", "/opt/app/");

  it.each([
    [
      "P7: a recursive chmod",
      tree.chmod("/opt/app", "go-w", { recursive: true }),
      { mode: { symbolic: "go-w" } },
    ],
    ["a recursive chown command", tree.run("chown -R 5:6 /opt/app"), { owner: { user: 5, group: 6 } }],
    [
      "a list of commands",
      tree.run("chmod -R go-w /opt/app && mv /opt/app /usr/local/app"),
      { dest: "/usr/local/app" },
    ],
    ["a mv of a tree", tree.run("mv /opt/app /opt/other"), { dest: "/opt/other" }],
    [
      "a mv of a file",
      base.copy("app", "/opt/app").run(["mv", "/opt/app", "/usr/local/app"]),
      { dest: "/usr/local/app" },
    ],
    ["a mv of what was written", base.write("/opt/a", "1").run("mv /opt/a /opt/b"), { path: "/opt/b" }],
    [
      "a mv beside other files",
      tree.write("/usr/x", "1").run("mv /opt/app /opt/other"),
      { dest: "/opt/other" },
    ],
  ] as const)("folds %s", (_, image, expected) => {
    const { plan, warnings } = fold(image);
    const operations = plan.stages.at(-1)?.layers.flatMap((layer) => layer.operations);
    expect(operations?.[0]).toMatchObject(expected);
    expect(operations?.some(({ op }) => op === "run" || op === "chmod")).toBe(false);
    expect(warnings).toEqual([]);
  });

  it("folds through an image below", () => {
    const { plan } = fold(
      Image.from(base.write("/etc/x", "1")).copy("tree", "/opt/app").run("chmod -R a+r /opt/app"),
    );
    expect(layersOf(plan)).toEqual([["copy tree /opt/app"]]);
  });

  it("leaves the directory that a copy made when its only file moves away", () => {
    const { plan } = fold(base.copy("app", "/opt/dir/app").run("mv /opt/dir/app /usr/app"));
    expect(layersOf(plan)).toEqual([["mkdir /opt/dir", "copy app /usr/app"]]);
  });

  it.each([
    [
      "the base has the directory",
      tree.chmod("/opt/app", "go-w", { recursive: true }),
      ["/opt", "/opt/app"],
      {},
    ],
    ["the target exists", tree.run("mv /opt/app /usr/local"), undefined, {}],
    ["the target's directory does not", tree.run("mv /opt/app /srv/app"), undefined, {}],
    ["a command may see it between", tree.run("./x").run("mv /opt/app /opt/b"), undefined, {}],
    [
      "something else is written to the target",
      tree.write("/opt/b/c", "1").run("mv /opt/app /opt/b"),
      undefined,
      {},
    ],
    [
      "a link of the base leads there",
      base.write("/x/app/f", "1").copy("tree", "/opt/app").chmod("/opt/app", "go-w", { recursive: true }),
      ["/opt"],
      { "/x": "/opt" },
    ],
    [
      "a link of a copy may lead there",
      base
        .copy("tree", "/t")
        .write("/t/lib/f", "1")
        .copy("tree", "/opt/app")
        .chmod("/opt/app", "go-w", { recursive: true }),
      undefined,
      {},
    ],
  ] as const)("leaves it where %s", (_, image, folders, links) => {
    const { plan } = fold(image, folders === undefined ? undefined : [...folders], links);
    expect(layersOf(plan).at(-1)?.[0]).toMatch(/^(chmod|run mv)/);
  });

  it("takes a removal back, and drops what is written again", () => {
    const { plan } = fold(tree.remove("/opt/app/docs").write("/opt/a", "1").write("/opt/a", "2"));
    expect(layersOf(plan)).toEqual([["copy tree /opt/app/"], ["write /opt/a"]]);
  });

  it("leaves a layer that another image shares, and says so", () => {
    const plans = [tree.chmod("/opt/app", "go-w", { recursive: true }), tree.write("/x", "1")].map(
      (image) => ({
        plan: onDisk(lowered(image), ["/opt"]),
        probe,
      }),
    );
    const [one, two] = optimizeTogether(plans);
    expect(layersOf(one!.plan)).toHaveLength(2);
    expect(one?.plan.stages[0]?.layers[0]?.id).toBe(two?.plan.stages[0]?.layers[0]?.id);
    expect(one?.warnings[0]?.message).toContain("other images share the layer below");
  });
});

describe("COPY_UP", () => {
  it.each([
    ["P8: a directory by itself", debian.copy("tree/", "/opt/app/").chown("/opt/app", "1000:1000")],
    [
      "a directory inside of a copy",
      debian.copy("tree/", "/opt/app/").run("true").chmod("/opt/app/lib", 0o700),
    ],
    ["a directory that was made", debian.mkdir("/d").run("true").chmod("/d", 0o700)],
    ["a file of the same layer", debian.layer("x", (image) => image.copy("*", "/t/").chmod("/t/app", 0o755))],
    ["a stage that does not ship", scratch.copy(debian.chmod("/usr/bin/env", 0o755).path("/x"), "/x")],
  ])("is not said of %s", (_, image) => {
    expect(planned(image, files, ["fold-metadata"]).warnings).toEqual([]);
  });

  it("says the bytes of a file that was written", () => {
    const { warnings } = planned(debian.write("/w", "12345").run("true").chmod("/w", 0o600), files);
    expect(warnings).toMatchObject([{ code: "COPY_UP", bytes: 5 }]);
  });
});
