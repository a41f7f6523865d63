import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findHostTools } from "../../src/adapters/sandbox-runc/host-tools.js";
import { ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { attackedBase, HOST, HOST_VARIABLE } from "./attack.js";
import { compiledProbe } from "./compiled-probe.js";
import {
  ATTACKS,
  attacked,
  EXPECTED,
  laterRuntimes,
  ordinaryUser,
  runtimesHere,
  tried,
  withPath,
} from "./defences.js";
import { HOSTILE_BASES } from "./hostile-bases.js";
import { HOSTILE_MOUNTS } from "./hostile-mounts.js";
import { expectReported } from "./reported.js";
import type { UserFound } from "./user-child.js";

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-defences-"));
chmodSync(work, 0o755);
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));
const probe = compiledProbe(join(work, "probe"));
const LONG = { timeout: 300_000 };
let calls: readonly string[] | undefined;

const later = missing === undefined ? laterRuntimes(join(work, "runtimes")) : missing;
const laterOnes = typeof later === "string" ? [] : later;
const here = runtimesHere();
const ways = [
  ...here.flatMap((runtime) => [
    { way: runtime.title, runtime, options: {} },
    { way: `${runtime.title} in a copied root`, runtime, options: { overlay: false } },
  ]),
  ...laterOnes.map((runtime) => ({ way: runtime.title, runtime, options: {} })),
];
const rows: (readonly string[])[] = [];
const row = (way: string, others: readonly string[]) => {
  const counts = `${HOSTILE_BASES.length} and ${HOSTILE_MOUNTS.length}`;
  rows.push([way, counts, others.length === 0 ? "none" : others.join("; ")]);
};

test.skipIf(missing !== undefined)("both runtimes are here", ({ skip }) => {
  const names = here.map(({ name }) => name);
  if (process.env["CI"]) expect(names).toEqual(["runc", "crun"]);
  else if (names.length < 2) skip(`only ${names} here`);
});

test.runIf(typeof later === "string")("runtimes of later suites are here", ({ skip }) => skip(`${later}`));

test.skipIf(missing !== undefined).each(ways)(
  "S2, S3: a command is kept apart by $way",
  LONG,
  async ({ way, runtime, options }) => {
    const folder = join(work, way);
    mkdirSync(folder);
    const found = await tried({ folder, find: () => withPath(runtime), ...options }, folder, probe);
    expect(found.checks).toEqual(EXPECTED);
    calls ??= found.calls;
    expect(found.calls).toEqual(calls);
  },
);

// Those of runc are in the tables of bases and of mounts.
test.skipIf(missing !== undefined).each(ways.filter(({ way }) => way !== "runc"))(
  "S1: hostile bases and mounts end the same with $way",
  LONG,
  async ({ way, runtime, options }) => {
    const folder = join(work, `attacks ${way}`);
    mkdirSync(folder);
    const others = await attacked({ folder, find: () => withPath(runtime), ...options }, folder);
    expect(others).toEqual([]);
    row(`root, ${way}`, others);
  },
);

test.skipIf(missing !== undefined)(
  "S1, S2, S3: an ordinary user's commands are kept apart, and hostile bases and mounts end the same",
  LONG,
  (context) => {
    const user = process.geteuid?.() === 0 ? ordinaryUser() : undefined;
    if (user === undefined) {
      if (process.env["CI"])
        throw new Error("no other user with subordinate ids: useradd, then usermod --add-subuids");
      return context.skip("no other user with subordinate ids here");
    }
    const folder = join(work, "user");
    mkdirSync(folder);
    chownSync(folder, user.uid, user.gid);
    // It may not write where bases are made, and it attacks what it could change.
    for (const attack of ATTACKS) attackedBase(attack);
    for (const name of [".", ...readdirSync(HOST)]) chownSync(join(HOST, name), user.uid, user.gid);
    const loader = fileURLToPath(new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url));
    const child = fileURLToPath(new URL("user-child.ts", import.meta.url));
    const runtimes = [...here, ...laterOnes.slice(-2)];
    const given = [folder, probe ?? "", JSON.stringify(runtimes)];
    const words = ["-u", user.name, "--", process.execPath, "--import", loader, child, ...given];
    const env = { ...process.env, [HOST_VARIABLE]: HOST };
    const printed = execFileSync("runuser", words, { encoding: "utf8", cwd: folder, env });
    const { uid, found } = JSON.parse(printed) as { uid: number; found: Record<string, UserFound> };
    expect(uid).toBe(user.uid);
    // Where an ordinary user may not open what slirp4netns needs, that is found out before a command is run.
    const tunnel = statSync("/dev/net/tun", { throwIfNoEntry: false });
    const mayOpen = tunnel !== undefined && (tunnel.mode & 0o006) === 0o006;
    const network = findHostTools().tools?.network !== undefined;
    expect(Object.keys(found)).toEqual(runtimes.map(({ title }) => title));
    for (const [name, { checks, calls: own, others, privateNetwork }] of Object.entries(found)) {
      expect(checks, name).toEqual(EXPECTED);
      // There the kernel lets nobody make a device.
      const rest = (lines: readonly string[] = []) => lines.filter((line) => !/^mknodat-[^p]/.test(line));
      expect(rest(own), name).toEqual(rest(calls ?? own));
      expect(others, name).toEqual([]);
      if (network) expect(privateNetwork, name).toBe(mayOpen);
      row(
        `ordinary user, ${name}`,
        ATTACKS.flatMap((attack) => (attack.endsForUser ? `${attack.name}: ${attack.endsForUser}` : [])),
      );
    }
  },
);

test("the report of ways is as it was", ({ skip }) => {
  if (laterOnes.length < 4 || rows.length < ways.length + 3) skip("not all of them were tried");
  expectReported("Ways", rows, ["way", "bases and mounts", "ends otherwise"]);
});
