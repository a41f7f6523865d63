import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, expect, test } from "vitest";
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

test("S9: groups of processes that are gone are removed, and others stay", () => {
  const root = pretended("dead");
  const gone = "layerwright-0123456789ab.4194304.1.0123456789ab";
  mkdirSync(join(root, gone, "run", "of-the-runtime"), { recursive: true });
  mkdirSync(join(root, "layerwright"));
  removeDeadGroups(root);
  // It is of another boot: nobody can tell whether its process is gone.
  expect(readdirSync(root)).toContain(gone);
  expect(readdirSync(root)).toContain("layerwright");
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
