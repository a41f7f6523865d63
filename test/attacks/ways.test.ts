import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findHostTools } from "../../src/adapters/sandbox-runc/host-tools.js";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { attemptIn } from "./attack.js";
import { compiledProbe } from "./compiled-probe.js";
import { EXPECTED, ordinaryUser, tried, withRuntime } from "./defences.js";
import { HOSTILE_BASES } from "./hostile-bases.js";
import { HOSTILE_MOUNTS } from "./hostile-mounts.js";

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-defences-"));
chmodSync(work, 0o755);
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));
const probe = compiledProbe(join(work, "probe"));
const LONG = { timeout: 300_000 };
let calls: readonly string[] | undefined;

const ways = [
  { way: "runc", name: "runc", overlay: true },
  { way: "runc in a copied root", name: "runc", overlay: false },
  { way: "crun", name: "crun", overlay: true },
  { way: "crun in a copied root", name: "crun", overlay: false },
] as const;

test.skipIf(missing !== undefined).each(ways)(
  "S2, S3: a command is kept apart by $way",
  LONG,
  async ({ way, name, overlay }) => {
    const search = withRuntime(name);
    if (search.tools === undefined && process.env["CI"]) throw new Error(`no ${name} here`);
    if (search.tools === undefined) return;
    const folder = join(work, way);
    mkdirSync(folder);
    const found = await tried({ folder, find: () => search, ...(overlay ? {} : { overlay }) }, folder, probe);
    expect(found.checks).toEqual(EXPECTED);
    calls ??= found.calls;
    expect(found.calls).toEqual(calls);
  },
);

test.skipIf(missing !== undefined).each(ways.filter(({ way }) => way !== "runc"))(
  "S1: hostile bases and mounts end the same with $way",
  LONG,
  async ({ way, name, overlay }) => {
    const search = withRuntime(name);
    if (search.tools === undefined) return;
    const folder = join(work, `attacks ${way}`);
    mkdirSync(folder);
    const options = { folder, find: () => search, ...(overlay ? {} : { overlay }) };
    const sandbox = new RuncSandbox(options);
    try {
      for (const attack of [...HOSTILE_BASES, ...HOSTILE_MOUNTS]) await attemptIn(sandbox, folder, attack);
    } finally {
      await sandbox.close();
    }
  },
);

test.skipIf(missing !== undefined)("S2, S3: a command of an ordinary user is kept apart", LONG, (context) => {
  const user = process.geteuid?.() === 0 ? ordinaryUser() : undefined;
  if (user === undefined) return context.skip("no other user with subordinate ids here");
  const folder = join(work, "user");
  mkdirSync(folder);
  chownSync(folder, user.uid, user.gid);
  const loader = fileURLToPath(new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url));
  const child = fileURLToPath(new URL("user-child.ts", import.meta.url));
  const words = ["-u", user.name, "--", process.execPath, "--import", loader, child, folder, probe ?? ""];
  const { uid, found, network } = JSON.parse(
    execFileSync("runuser", words, { encoding: "utf8", cwd: folder }),
  ) as {
    uid: number;
    found: Record<string, { checks: object; calls: readonly string[] }>;
    network: Record<string, boolean>;
  };
  expect(uid).toBe(user.uid);
  // Where an ordinary user may not open what slirp4netns needs, that is found out before a command is run.
  const tunnel = statSync("/dev/net/tun", { throwIfNoEntry: false });
  const mayOpen = tunnel !== undefined && (tunnel.mode & 0o006) === 0o006;
  if (findHostTools().tools?.network !== undefined)
    expect([...new Set(Object.values(network))]).toEqual([mayOpen]);
  expect(Object.keys(found).length).toBeGreaterThan(0);
  for (const [name, { checks, calls: own }] of Object.entries(found)) {
    expect(checks, name).toEqual(EXPECTED);
    // There the kernel lets nobody make a device.
    const others = (lines: readonly string[] = []) => lines.filter((line) => !/^mknodat-[^p]/.test(line));
    expect(others(own), name).toEqual(others(calls ?? own));
  }
});
