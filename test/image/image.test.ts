import { describe, expect, it } from "vitest";
import { Base } from "../../src/image/base.js";
import { Image, isImage } from "../../src/image/image.js";
import type { Step } from "../../src/image/nodes.js";
import { context } from "../../src/image/sources.js";
import * as steps from "../../src/image/steps.js";

const sha256 = "a".repeat(64);
const other = Image.from("golang:1.24").run("make");

/** Every chained method once, and the step that it makes without its origin. */
const methods: readonly (readonly [string, (image: Image) => Image, unknown])[] = [
  [
    "add",
    (i) => i.add("https://example.org/x", "/x", { sha256: `sha256:${sha256.toUpperCase()}` }),
    { url: "https://example.org/x", dest: "/x", sha256 },
  ],
  ["annotation", (i) => i.annotation("a", "b"), { annotations: { a: "b" } }],
  [
    "binary",
    (i) => i.binary("dist/app"),
    { source: { from: "context", path: "dist/app" }, dest: "/app", mode: { octal: 0o755 } },
  ],
  [
    "chmod",
    (i) => i.chmod("/a", "u+x", { recursive: true }),
    { path: "/a", mode: { symbolic: "u+x" }, recursive: true },
  ],
  ["chown", (i) => i.chown("/a", "app:0"), { path: "/a", owner: { user: "app", group: 0 } }],
  ["cmd", (i) => i.cmd(["a", "b"]), { args: ["a", "b"] }],
  [
    "copy",
    (i) => i.copy(["a", other.path("/out/b")], "/srv/", { owner: 1, mode: 0o644, exclude: ["*.md"] }),
    {
      sources: [
        { from: "context", path: "a" },
        { from: "image", image: other.node, path: "/out/b" },
      ],
      dest: "/srv/",
      owner: { user: 1 },
      mode: { octal: 0o644 },
      exclude: ["*.md"],
    },
  ],
  ["entrypoint", (i) => i.entrypoint([]), { args: [] }],
  ["env", (i) => i.env({ B: "1", A: "$x" }), { variables: { B: "1", A: "$x" } }],
  [
    "expose",
    (i) => i.expose(80, "80/tcp", "53/udp", "8000-8001"),
    { ports: ["80/tcp", "53/udp", "8000/tcp", "8001/tcp"] },
  ],
  [
    "healthcheck",
    (i) => i.healthcheck({ test: "x", intervalMs: 1, startPeriodMs: 0 }),
    { check: { test: ["CMD-SHELL", "x"], intervalMs: 1, startPeriodMs: 0 } },
  ],
  [
    "hostRun",
    (i) => i.hostRun(["fill", "{root}"], { env: { A: "1" }, key: "k", tools: ["dnf"] }),
    { command: ["fill", "{root}"], env: { A: "1" }, key: "k", tools: ["dnf"] },
  ],
  ["label", (i) => i.label("a", "b"), { labels: { a: "b" } }],
  ["mkdir", (i) => i.mkdir("/a"), { path: "/a", mode: { octal: 0o755 } }],
  ["remove", (i) => i.remove("/a"), { path: "/a" }],
  [
    "run",
    (i) =>
      i.run(["a"], {
        env: { A: "1" },
        user: 0,
        workdir: "/w",
        network: "none",
        mounts: [{ type: "bind", target: "/m", source: "src" }],
      }),
    {
      command: ["a"],
      env: { A: "1" },
      workdir: "/w",
      user: "0",
      network: "none",
      mounts: [{ type: "bind", target: "/m", source: { from: "context", path: "src" } }],
    },
  ],
  ["shell", (i) => i.shell(["sh", "-c"]), { args: ["sh", "-c"] }],
  ["stopSignal", (i) => i.stopSignal("SIGRTMIN+3"), { signal: "SIGRTMIN+3" }],
  [
    "suppress",
    (i) => i.suppress("NO_SHELL", " a good reason "),
    { code: "NO_SHELL", reason: "a good reason" },
  ],
  [
    "symlink",
    (i) => i.symlink("../x", "/a", { owner: "a" }),
    { target: "../x", path: "/a", owner: { user: "a" } },
  ],
  ["user", (i) => i.user(65532), { user: "65532" }],
  ["volume", (i) => i.volume("/a", "/b/"), { paths: ["/a", "/b"] }],
  ["workdir", (i) => i.workdir("a/b"), { path: "a/b" }],
  ["write", (i) => i.write("/a", "x"), { path: "/a", contents: "x", mode: { octal: 0o644 } }],
];

function expectFrozen(value: unknown, at = "node"): void {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return;
  expect(Object.isFrozen(value), at).toBe(true);
  for (const [key, member] of Object.entries(value)) expectFrozen(member, `${at}.${key}`);
}

describe("a chained method", () => {
  it("is here for every factory", () => {
    expect(methods.map(([name]) => name)).toEqual(Object.keys(steps).sort());
  });

  it.each(methods)("%s makes its step, frozen through and through", (kind, change, expected) => {
    const before = Image.scratch().mkdir("/before");
    const after = change(before);
    expect(before.node.steps).toHaveLength(1);
    expect(after.node.steps[0]).toBe(before.node.steps[0]);
    const { origin, ...step } = after.node.steps[1] as Step;
    expect(step).toEqual({ kind, ...(expected as object) });
    expect(origin?.file).toBe(import.meta.filename);
    expectFrozen(after.node);
    expect(Object.isFrozen(after)).toBe(true);
  });
});

describe("an image", () => {
  it("does not notice what is made from it", () => {
    const prefix = Image.from("debian").run("a");
    const left = prefix.run("b");
    const right = prefix.env("X", "1").run("c");
    expect(prefix.node.steps).toHaveLength(1);
    expect(left.node.steps.map((step) => step.kind)).toEqual(["run", "run"]);
    expect(right.node.steps.map((step) => step.kind)).toEqual(["run", "env", "run"]);
    expect(left.node.steps[0]).toBe(right.node.steps[0]);
    expect(left.node).toBe(left.node);
  });

  it("keeps no hold of what it was given", () => {
    const bytes = new Uint8Array([1]);
    const args = ["a"];
    const image = Image.scratch().write("/b", bytes).cmd(args);
    bytes[0] = 2;
    args.push("b");
    expect(image.node.steps).toMatchObject([{ contents: new Uint8Array([1]) }, { args: ["a"] }]);
  });

  it("starts where it is told to", () => {
    const parent = Image.from("debian:12");
    expect(Image.scratch().node).toEqual({ base: { kind: "scratch" }, steps: [], squash: "keep" });
    expect(Image.from("scratch").node.base).toEqual({ kind: "scratch" });
    expect(parent.node.base).toEqual({ kind: "registry", reference: "debian:12" });
    expect(Image.from(parent).node.base).toEqual({ kind: "image", image: parent.node });
    expect(Image.from(Base.archive("a.tar", { tag: "x" })).node.base).toEqual({
      kind: "archive",
      path: "a.tar",
      tag: "x",
    });
    expect(Base.registry("debian", { folders: ["/usr/"] }).node).toEqual({
      kind: "registry",
      reference: "debian",
      folders: ["/usr"],
    });
    const config = { Env: ["A=b"], Cmd: ["x"], WorkingDir: "/w", ExposedPorts: { "80/tcp": {} } };
    expect(Base.rootfs("root", { config }).node).toEqual({ kind: "rootfs", path: "root", config });
  });

  it("is recognised without its class", () => {
    expect([Image.scratch(), {}, null, "debian"].map(isImage)).toEqual([true, false, false, false]);
  });

  it("takes a named context whole or in part", () => {
    const assets = context("assets", "../design");
    const image = Image.scratch().copy(assets, "/a/").copy(assets.path("icons/*.svg"), "/b/");
    const named = { name: "assets", folder: "../design" };
    expect(image.node.steps).toMatchObject([
      { sources: [{ from: "context", context: named, path: "." }] },
      { sources: [{ from: "context", context: named, path: "icons/*.svg" }] },
    ]);
    expectFrozen(image.node);
  });

  it("makes long chains in time", () => {
    const started = performance.now();
    let image = Image.scratch();
    for (let index = 0; index < 2000; index++) image = image.env("A", `${index}`);
    for (let index = 0; index < 500; index++) image = image.with((it) => it.run("a").run("b"));
    expect(image.node.steps).toHaveLength(2500);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
