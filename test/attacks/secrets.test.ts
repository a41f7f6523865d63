import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { possibleLimits } from "../../src/adapters/sandbox-runc/process-group.js";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { withRuntime } from "./defences.js";

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-killed-"));
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));

const CANARIES = ["canary-of-a-variable-51c7", "canary-of-a-file-9e02"];

/** Every file below a folder that holds a canary. */
function holding(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(folder, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    const bytes = readFileSync(path);
    return CANARIES.some((canary) => bytes.includes(canary));
  });
}

const possible = possibleLimits();

/** The groups of processes that a process has made, or a runtime for it. */
function groupsOf(pid: number): readonly string[] {
  const own = new RegExp(`/layerwright-[0-9a-f]+\\.${pid}\\.[^/]*$`);
  return groupsBelow("/sys/fs/cgroup").filter((path) => own.test(path));
}

/** All directories below a group. Those of other tests come and go meanwhile. */
function groupsBelow(group: string): string[] {
  try {
    const entries = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return entries.flatMap(({ name }) => [join(group, name), ...groupsBelow(join(group, name))]);
  } catch {
    return [];
  }
}

function isUsed(group: string): boolean {
  try {
    return readFileSync(join(group, "cgroup.procs"), "utf8") !== "";
  } catch {
    // Another build of this machine has removed it.
    return false;
  }
}

test.skipIf(missing !== undefined).each(["runc", "crun"] as const)(
  "S8, S9: killed under %s, a command leaves no secrets on a disk, and no groups of processes after the next build",
  { timeout: 120_000 },
  async (runtime) => {
    if (withRuntime(runtime).tools === undefined) {
      if (process.env["CI"]) throw new Error(`no ${runtime} here`);
      return;
    }
    const folder = join(work, runtime);
    mkdirSync(folder);
    const loader = fileURLToPath(new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url));
    const program = fileURLToPath(new URL("secret-child.ts", import.meta.url));
    const words = ["--import", loader, program, folder, runtime, ...CANARIES];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const [said] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer | number | null];
    expect(`${said}`).toBe("it runs\n");
    expect(holding(folder)).toEqual([]);
    const groups = () => groupsOf(child.pid!);
    if (possible.length > 0) expect(groups()).not.toEqual([]);
    child.kill("SIGKILL");
    await ended;
    expect(holding(folder)).toEqual([]);
    // The kernel ends its commands; then the next build, in whatever store, removes their groups.
    await expect.poll(() => groups().filter(isUsed), { timeout: 60_000 }).toEqual([]);
    const next = new RuncSandbox({ folder: join(folder, "next"), find: () => withRuntime(runtime) });
    await next.find("nothing");
    await next.close();
    expect(groups()).toEqual([]);
  },
);
