import { describe, expect, it } from "vitest";
import { baseUseOf } from "../../src/engine/stages/base-use.js";
import { baseName } from "../../src/oci/base-annotations.js";
import type { Operation } from "../../src/plan/operation.js";
import { DraftTree } from "../../src/rootfs/draft-tree.js";
import { emptyTree } from "../../src/rootfs/tree.js";

const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const draft = new DraftTree(emptyTree());
const content = { kind: "bytes" as const, bytes: Buffer.alloc(0) };
draft.set("bin/tool", { type: "file", ...attributes, size: 0, content });
draft.writable("srv");
const base = draft.tree;

const run = { op: "run", command: "true" };
const write = (owner?: object) => ({ op: "write", path: "/srv/a", ...(owner && { owner }) });
const binary = { op: "copy", sources: [], dest: "/app", into: false, executable: true };

describe("what a layer took from its base", () => {
  it.each([
    ["run", [write(), run]],
    ["run", [{ op: "hostRun", command: ["true"] }]],
    ["contents", [{ op: "chmod", path: "/bin/tool", mode: 0o700 }]],
    ["contents", [{ op: "chown", path: "/bin", owner: { user: 1 }, recursive: true }]],
    ["files", [{ op: "chmod", path: "/srv", mode: 0o700 }]],
    ["files", [{ op: "chmod", path: "/own", mode: 0o700 }]],
    ["contents", [{ op: "remove", path: "/nothing" }]],
    ["files", [{ op: "remove", path: "/srv" }]],
    ["files", [{ op: "remove", path: "/bin/tool" }]],
    ["names", [write({ user: "www-data" })]],
    ["names", [write({ user: 33, group: "www-data" })]],
    ["files", [write({ user: 33 })]],
    ["files", [write()]],
  ])("%s: %j", async (use, operations) => {
    const layer = { id: "layer", operations: operations as unknown as Operation[] };
    expect(await baseUseOf(layer, base, base, [])).toBe(use);
    expect(await baseUseOf(layer, undefined, base, [])).toBe("none");
  });

  it("is none of its contents where the image has its own file at the path", async () => {
    const own = new DraftTree(base);
    own.set("bin/tool", { type: "file", ...attributes, size: 0, content });
    const operations = [{ op: "chmod", path: "/bin/tool", mode: 0o700 }] as unknown as Operation[];
    expect(await baseUseOf({ id: "layer", operations }, base, own.tree, [])).toBe("files");
  });

  it("is its contents where a folder of it is made anew", async () => {
    const operations = [{ op: "remove", path: "/srv" }, write()] as unknown as Operation[];
    const entry = { type: "file" as const, path: "srv/a", ...attributes, size: 0 };
    expect(await baseUseOf({ id: "layer", operations }, base, base, [{ entry }])).toBe("contents");
  });

  it("is its contents where links of the base go round in a circle", async () => {
    const looped = new DraftTree(base);
    looped.set("loop", { type: "symlink", ...attributes, target: "loop" });
    const operations = [
      { op: "remove", path: "/loop" },
      { op: "write", path: "/loop/x" },
    ];
    const layer = { id: "layer", operations: operations as unknown as Operation[] };
    expect(await baseUseOf(layer, looped.tree, looped.tree, [])).toBe("contents");
  });

  it("is its contents for a program that is not static", async () => {
    const layer = { id: "layer", operations: [binary] as unknown as Operation[] };
    const bytes = Buffer.from("#!/bin/sh\n");
    const entry = { type: "file" as const, path: "app", ...attributes, size: bytes.length };
    expect(await baseUseOf(layer, base, base, [{ entry, content: { kind: "bytes", bytes } }])).toBe(
      "contents",
    );
    expect(await baseUseOf(layer, base, base, [])).toBe("files");
  });

  it("a base is called by its tag, and by its digest only without one", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    expect(baseName("debian")).toBe("docker.io/library/debian:latest");
    expect(baseName(`debian:12@${digest}`)).toBe("docker.io/library/debian:12");
    expect(baseName(`debian@${digest}`)).toBe(`docker.io/library/debian@${digest}`);
  });
});
