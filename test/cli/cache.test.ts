import { spawn } from "node:child_process";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { possibleLimits } from "../../src/adapters/sandbox-runc/process-group.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { commandLine, Project } from "./cli-support.js";

const missing = await whyNoSandbox();
beforeAll(() => void ensureBases());

const catalog = (command: string) => `import { Base, Catalog, Image } from "layerwright";
const base = Base.rootfs(${JSON.stringify(join(BASES, "rootfs.tar"))});
const image = Image.from(base).write("/etc/one", "one").run(${JSON.stringify(command)}, { network: "none", mounts: [
  { type: "cache", target: "/cache", id: "kept", sharing: "locked" },
] });
export default new Catalog("acme", { image }, { platforms: ["linux/amd64"] });
`;

/** The files and links below a directory, each once whatever its names, with their sizes: what `du --apparent-size` adds. */
function filesBelow(folder: string, seen = new Set<number>()): { path: string; size: number }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, seen);
    const { size, ino } = lstatSync(path);
    if (seen.has(ino)) return [];
    seen.add(ino);
    return [{ path, size }];
  });
}

const sum = (files: readonly { readonly size: number }[]) => files.reduce((all, { size }) => all + size, 0);

interface Listing {
  readonly bytes: number;
  readonly total: number;
  readonly folders: readonly { readonly kind: string; readonly size: number }[];
}

describe.skipIf(missing !== undefined)("the store after a build", { timeout: 300_000 }, () => {
  const project = new Project({ "catalog.ts": catalog("echo done > /done; echo x > /cache/x") });
  afterAll(() => project.remove());
  const store = join(project.folder, ".store");
  const listed = async () => JSON.parse((await project.run(["cache", "ls", "--json"])).stdout) as Listing;

  test("T3: killed in a command is known to the last byte, and pruned to nothing", async () => {
    // What a command wrote to its root, and to a cache, when it is killed.
    project.write({
      "catalog.ts": catalog(
        "busybox dd if=/dev/zero of=/big bs=1M count=3; busybox dd if=/dev/zero of=/cache/big bs=1M count=2; echo ready; busybox sleep 9000",
      ),
    });
    const [node = "", ...args] = commandLine(["build", "--progress", "plain"]);
    const child = spawn(node, args, {
      cwd: project.folder,
      env: project.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = new Promise((resolve) => child.once("close", resolve));
    let said = "";
    await new Promise<void>((resolve) => {
      child.stderr.on("data", (data) => {
        said += data;
        if (said.includes("| ready")) resolve();
      });
      child.once("close", () => resolve());
    });
    expect(said).toContain("| ready");
    // A build that runs keeps what it uses.
    await project.run(["cache", "prune"]);
    const during = await listed();
    expect(during.folders.map(({ kind }) => kind).sort()).toEqual(["cache", "root", "work"]);
    child.kill("SIGKILL");
    await ended;

    const listing = await listed();
    expect(listing.total).toBe(sum(filesBelow(store)));
    expect(listing.bytes + sum(listing.folders)).toBe(listing.total);
    expect(listing.total).toBeGreaterThan(5 << 20);
    const dry = JSON.parse((await project.run(["cache", "prune", "--dry-run", "--json"])).stdout);
    expect(dry.freedBytes + sum(dry.folders)).toBeGreaterThan(5 << 20);
    // Where groups of processes can be made, the command had one at least.
    expect(dry.groups).toBeGreaterThanOrEqual(Math.min(1, possibleLimits().length));
    const { stdout, code } = await project.run(["cache", "prune"]);
    expect(code).toBe(0);
    expect(stdout).toContain("removed");
    expect(filesBelow(store)).toEqual([]);
    expect((await listed()).total).toBe(0);
  });

  test("T4: is pruned right away where no build runs", async () => {
    project.write({ "catalog.ts": catalog("echo done > /done; echo x > /cache/x") });
    expect((await project.run(["build"])).code).toBe(0);
    const before = await listed();
    expect(before.total).toBe(sum(filesBelow(store)));
    const half = await project.run(["cache", "prune", "--max-size", `${before.total}B`, "--json"]);
    expect(JSON.parse(half.stdout).removed).toEqual([]);
    expect((await project.run(["cache", "prune", "--max-size", "0"])).code).toBe(0);
    expect(filesBelow(store)).toEqual([]);
    // And is as good as new.
    expect((await project.run(["build"])).code).toBe(0);
    expect(existsSync(join(store, "roots/kept"))).toBe(true);
  });
});
