import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureBases } from "../../fixtures/bases.js";
import { whyNoSandbox } from "../../fixtures/sandbox-here.js";
import { caseFolder } from "../../golden/golden-cases.js";

const CASES = [
  "run-capabilities",
  "run-change-owner",
  "run-delete",
  "run-mount-image",
  "run-mount-writable",
  "run-odd-names",
  "run-opaque",
  "run-replace",
  "run-special-modes",
  "run-squash-own",
  "run-symlinks",
  "run-touched",
  "run-user-groups",
];

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** An ordinary user of this machine with subordinate ids, or why there is none. */
function ordinaryUser(): User | string {
  if (process.geteuid?.() !== 0) return "only root can become another user";
  const lines = (file: string) =>
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  try {
    const [ids, groups] = ["/etc/subuid", "/etc/subgid"].map((file) => lines(file).map(([name]) => name));
    const user = lines("/etc/passwd").find(
      ([name, , uid]) => Number(uid) >= 1000 && ids!.includes(name) && groups!.includes(name),
    );
    if (user === undefined) return "no ordinary user with subordinate ids here";
    const [name = "", , uid, gid] = user;
    return { name, uid: Number(uid), gid: Number(gid) };
  } catch {
    return "no subordinate ids here";
  }
}

const loader = fileURLToPath(new URL("../../../node_modules/tsx/dist/loader.mjs", import.meta.url));

function whyNot(): string | undefined {
  if (typeof user === "string") return user;
  const probe = spawnSync("runuser", [
    "-u",
    user.name,
    "--",
    "unshare",
    "--user",
    "--map-root-user",
    "--map-auto",
    "true",
  ]);
  if (probe.status !== 0) return "this machine lets ordinary users make no user namespaces";
  const reads = spawnSync("runuser", ["-u", user.name, "--", "test", "-r", loader]);
  return reads.status === 0 ? undefined : "this folder is closed to ordinary users";
}

const user = ordinaryUser();
const missing = (await whyNoSandbox()) ?? whyNot();
const work = mkdtempSync(join(tmpdir(), "layerwright-user-"));
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));

test.skipIf(missing !== undefined)(
  "an ordinary user builds the same images",
  { timeout: 300_000 },
  async () => {
    const { name, uid, gid } = user as User;
    chownSync(work, uid, gid);
    chmodSync(work, 0o700);
    const child = fileURLToPath(new URL("ordinary-user-child.ts", import.meta.url));
    const node = [process.execPath, "--import", loader, child, work, ...CASES];
    const output = execFileSync("runuser", ["-u", name, "--", ...node], { encoding: "utf8", cwd: work });
    const { uid: ran, texts } = JSON.parse(output) as { uid: number; texts: Record<string, string> };
    expect(ran).toBe(uid);
    for (const one of CASES) {
      expect(texts[one], one).toBe(readFileSync(join(caseFolder(one), "layers.txt"), "utf8"));
    }
    // What takes long to remove is removed by a process that goes on.
    await expect.poll(() => readdirSync(join(work, "sandbox/roots/work")), { timeout: 30_000 }).toEqual([]);
  },
);

test.runIf(missing !== undefined)("an ordinary user can run commands", ({ skip }) => skip(missing));
