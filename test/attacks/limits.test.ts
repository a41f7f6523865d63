import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newOwnedName } from "../../src/adapters/host/owner-mark.js";
import {
  makeGroup,
  possibleLimits,
  removeDeadGroups,
} from "../../src/adapters/sandbox-runc/process-group.js";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { buildIn } from "../fixtures/sandbox-build.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { withRuntime } from "./defences.js";

/** The tree in which a group has files as soon as it is made, as the kernel's have. */
const kernel = vi.hoisted(() => ({ root: "", controllers: [] as readonly string[] }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const mkdirSync = (path: string, options?: { recursive: boolean }) => {
    real.mkdirSync(path, options);
    if (kernel.root === "" || !path.startsWith(kernel.root)) return;
    for (const name of ["cgroup.procs", ...kernel.controllers.map((one) => `${one}.max`)])
      real.writeFileSync(`${path}/${name}`, "");
  };
  const rmdirSync = (path: string) => {
    if (kernel.root === "" || !path.startsWith(kernel.root)) real.rmdirSync(path);
    else real.rmSync(path, { recursive: true });
  };
  return { ...real, mkdirSync, rmdirSync };
});

const missing = await whyNoSandbox();
const possible = possibleLimits();
const work = mkdtempSync(join(tmpdir(), "layerwright-limits-"));
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));

const base = () => Image.from(Base.rootfs(join(BASES, "rootfs.tar")));

/** Starts 60 processes that stay, and ends all of them. */
const MANY = "i=0; while [ $i -lt 60 ]; do sleep 100000 & i=$((i + 1)); done; kill $(jobs -p); :";
/** Holds 200 MB for a moment. */
const LARGE = "dd if=/dev/zero of=/dev/null bs=200M count=1";

test.skipIf(missing !== undefined).each(["runc", "crun"] as const)(
  "S9: processes and memory of a command of %s are limited",
  { timeout: 120_000 },
  async (name) => {
    const search = withRuntime(name);
    if (search.tools === undefined) return;
    const folder = join(work, name);
    mkdirSync(folder);
    const limits = { processes: 40, memoryBytes: 100 << 20 };
    const limited = new RuncSandbox({ folder, find: () => search, limits });
    const free = new RuncSandbox({ folder: join(folder, "free"), find: () => search });
    const build = (sandbox: RuncSandbox, command: string) =>
      buildIn(base().run(command, { network: "none" }), {
        sandbox,
        context: folder,
        work: folder,
        cache: false,
      });
    try {
      await build(free, `${MANY}\n${LARGE}`);
      if (possible.includes("processes"))
        await expect(build(limited, MANY)).rejects.toMatchObject({ code: "RUN_FAILED" });
      if (possible.includes("memoryBytes"))
        await expect(build(limited, LARGE)).rejects.toMatchObject({ code: "RUN_FAILED", exitCode: 137 });
      await build(limited, ":");
    } finally {
      await limited.close();
      await free.close();
    }
  },
);

/** A directory that looks as the kernel's does, with a controller in it. */
function pretended(name: string): string {
  const root = join(work, name);
  mkdirSync(root);
  writeFileSync(join(root, "cgroup.controllers"), "memory pids\n");
  return root;
}

test("S9: where no group can be made a command runs without", () => {
  expect(makeGroup({}, join(work, "nowhere")).joins).toEqual([]);
  // A directory whose groups have no files of controllers: the kernel makes them, and here is none.
  const root = pretended("without-controllers");
  const group = makeGroup({ memoryBytes: 1 << 30 }, root);
  expect(group.joins).toEqual([]);
  expect(possibleLimits(root)).toEqual([]);
  group.remove();
  expect(readdirSync(root)).toEqual(["cgroup.controllers"]);
});

test.each([
  { controllers: ["memory", "pids"], written: { pids: "7", memory: "1048576" } },
  { controllers: ["pids"], written: { pids: "7" } },
  { controllers: ["memory"], written: { memory: "1048576" } },
])("S9: version 2 with $controllers: one group has the limits, and the runtime is below it", (seen) => {
  const root = pretended(`version-2-${seen.controllers.join("-")}`);
  Object.assign(kernel, { root, controllers: seen.controllers });
  try {
    const group = makeGroup({ processes: 7, memoryBytes: 1 << 20 }, root);
    const files = Object.entries(seen.written).map(([name, text]) => [`${name}.max`, text] as const);
    const made = join(root, group.name);
    // The kernel refuses processes in a group that has groups with controllers below it.
    expect(group.joins).toEqual([join(made, "run", "cgroup.procs")]);
    for (const [name, text] of files) expect(readFileSync(join(made, name), "utf8")).toBe(text);
    expect(possibleLimits(root)).toEqual(
      (["processes", "memoryBytes"] as const).filter((_, at) =>
        seen.controllers.includes(["pids", "memory"][at]!),
      ),
    );
  } finally {
    Object.assign(kernel, { root: "", controllers: [] });
  }
});

/** The name of a group whose process is gone. */
function goneName(): string {
  const { pid } = spawnSync("true");
  return `layerwright-${newOwnedName().replace(/\.\d+\.\d+\./, `.${pid}.1.`)}`;
}

/** Makes groups as a kernel shows them, each with no process in it. */
function makeGroups(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "cgroup.procs"), "");
  }
}

/** The groups of a tree, without the files in them, which a kernel removes with them. */
function groupsOf(root: string): readonly string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isDirectory()).map((one) => join(one.parentPath, one.name));
  return paths.map((path) => path.slice(root.length + 1)).sort();
}

describe.each([
  { version: "1", hierarchies: ["pids", "memory", "cpuset", "unified"] },
  { version: "2", hierarchies: ["."] },
])("S9: version $version: groups of processes that are gone", ({ version, hierarchies }) => {
  const [gone, nested] = [goneName(), goneName()];
  const alive = `layerwright-${newOwnedName()}`;
  // It is of another boot: nobody can tell whether its process is gone.
  const elsewhere = "layerwright-0123456789ab.4194304.1.0123456789ab";
  const kept = [alive, elsewhere, "layerwright", "a", "a/session"];
  const dead = [gone, `a/session/${nested}`];

  function tree(): string {
    const root = mkdtempSync(join(work, "tree-"));
    if (version === "2") writeFileSync(join(root, "cgroup.controllers"), "memory pids\n");
    for (const one of hierarchies) makeGroups(join(root, one), [".", ...kept, ...dead]);
    return root;
  }
  const everywhere = (paths: readonly string[]) =>
    hierarchies.flatMap((one) => paths.map((path) => join(one, path)));
  const above = version === "2" ? [] : hierarchies;

  test("are removed with the files that a kernel removes", () => {
    const root = tree();
    expect(removeDeadGroups("everywhere", { root, dryRun: true })).toBe(2 * hierarchies.length);
    expect(groupsOf(root)).toEqual([...above, ...everywhere([...kept, ...dead])].sort());
    for (const path of everywhere(dead)) rmSync(join(root, path, "cgroup.procs"));
    expect(removeDeadGroups("near", { root })).toBe(hierarchies.length);
    expect(groupsOf(root)).toEqual([...above, ...everywhere([...kept, `a/session/${nested}`])].sort());
    expect(removeDeadGroups("everywhere", { root })).toBe(hierarchies.length);
    expect(groupsOf(root)).toEqual([...above, ...everywhere(kept)].sort());
  });

  test("stay where something runs in them", () => {
    const root = tree();
    for (const path of everywhere(dead)) writeFileSync(join(root, path, "cgroup.procs"), "1\n");
    expect(removeDeadGroups("everywhere", { root, dryRun: true })).toBe(0);
    expect(removeDeadGroups("everywhere", { root })).toBe(0);
    expect(groupsOf(root)).toEqual([...above, ...everywhere([...kept, ...dead])].sort());
  });
});

test.skipIf(!possible.includes("processes"))(
  "S9: a group has its limit, and is removed with what is in it",
  () => {
    const group = makeGroup({ processes: 7 });
    const [join_ = ""] = group.joins;
    const folder = join_.replace(/\/run\/cgroup\.procs$/, "");
    expect(readFileSync(join(folder, "pids.max"), "utf8")).toBe("7\n");
    mkdirSync(join(folder, "run", "of-the-runtime"));
    group.remove();
    expect(() => readdirSync(folder)).toThrow("ENOENT");
  },
);
