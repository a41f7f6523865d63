import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { commandLine, Project } from "./cli-support.js";

/** What takes long to remove is removed by a process that goes on. */
const GONE = { timeout: 30_000 };

/** Not by its name alone: another test may sleep as well. */
const SECONDS = `${9000 + (process.pid % 900)}.5`;

const catalog = (command: string) => `import { Base, Catalog, Image } from "layerwright";
const base = Base.rootfs(${JSON.stringify(join(BASES, "rootfs.tar"))});
const image = Image.from(base).run(${JSON.stringify(command)}, { network: "none", mounts: [
  { type: "cache", target: "/cache", id: "kill", sharing: "locked" },
] });
export default new Catalog("acme", { image }, { platforms: ["linux/amd64"] });
`;

const missing = await whyNoSandbox();
const project = new Project({});
beforeAll(() => void ensureBases());
afterAll(() => project.remove());

/** The command lines of this machine's processes that hold a text. */
function processesWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(text));
}

async function until(done: () => boolean, milliseconds: number): Promise<number> {
  const start = Date.now();
  while (!done()) {
    if (Date.now() - start > milliseconds) throw new Error(`not within ${milliseconds} ms`);
    await sleep(20);
  }
  return Date.now() - start;
}

function leftGroups(pid: number): string[] {
  try {
    return readdirSync("/sys/fs/cgroup/pids").filter((name) => name.startsWith(`layerwright-${pid}-`));
  } catch {
    return [];
  }
}

describe.skipIf(missing !== undefined)(
  "a build that is stopped while a command runs",
  { timeout: 180_000 },
  () => {
    it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
      "%s ends every process within a second",
      async (signal) => {
        // What ignores a polite end, what left its session, and what was put to the background.
        const slow = `busybox sleep ${SECONDS}`;
        const stubborn = `trap '' INT TERM HUP; busybox setsid ${slow} & ${slow} & ${slow}; ${slow}`;
        project.write({ "catalog.ts": catalog(stubborn) });
        const [node = "", ...args] = commandLine(["build"]);
        const child = spawn(node, args, { cwd: project.folder, env: project.env, stdio: "ignore" });
        const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
        await until(() => processesWith(slow).length >= 4, 60_000);
        child.kill(signal);
        const took = await until(() => processesWith(SECONDS).length === 0, 5_000);
        expect(took).toBeLessThan(1_000);
        const code = await ended;
        if (signal === "SIGINT") expect(code).toBe(130);
        if (signal === "SIGTERM") expect(code).toBe(143);
        expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(project.folder);

        // Nothing of it is left after the next build, which does not wait for the cache of the dead.
        project.write({ "catalog.ts": catalog(`echo ${signal} > /done`) });
        const next = await project.run(["build"]);
        expect(next.stderr).toContain("done");
        expect(next.code).toBe(0);
        await expect.poll(() => readdirSync(join(project.folder, ".store/roots/work")), GONE).toEqual([]);
        expect(leftGroups(child.pid!)).toEqual([]);
      },
    );

    it("a process in the background ends with the command", async () => {
      project.write({ "catalog.ts": catalog(`busybox setsid busybox sleep ${SECONDS} & echo left > /done`) });
      const { code } = await project.run(["build"]);
      expect(code).toBe(0);
      expect(processesWith(SECONDS)).toEqual([]);
    });
  },
);

it.runIf(missing !== undefined)("commands run here", ({ skip }) => skip(missing));
