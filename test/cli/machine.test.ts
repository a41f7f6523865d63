import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemError } from "../../src/adapters/host/disk-calls.js";
import { tempFolder } from "../adapters/temp-folder.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { commandLine, Project } from "./cli-support.js";

const missing = await whyNoSandbox();
const isRoot = process.getuid?.() === 0;
beforeAll(() => void ensureBases());

const catalog = (command: string) => `import { Base, Catalog, Image } from "layerwright";
const base = Base.rootfs(${JSON.stringify(join(BASES, "rootfs.tar"))});
const image = Image.from(base).write("/etc/one", "one").run(${JSON.stringify(command)}, { network: "none" });
export default new Catalog("acme", { image }, { platforms: ["linux/amd64"] });
`;

describe("T9: what the system refuses", () => {
  test.each([
    "ENOSPC",
    "EDQUOT",
    "EROFS",
    "EACCES",
    "EPERM",
    "EIO",
    "ELOOP",
    "ENAMETOOLONG",
    "EMFILE",
    "ENFILE",
    "EAGAIN",
  ])("%s is a coded error", (code) => {
    const error = systemError(Object.assign(new Error(code), { code, syscall: "open", path: "/x" }));
    const expected =
      code === "ENOSPC" || code === "EDQUOT"
        ? "DISK_FULL"
        : code === "EMFILE" || code === "ENFILE"
          ? "OPEN_FILES_LIMIT"
          : "SYSTEM_REFUSED";
    expect(error).toMatchObject({ code: expected, cause: { code } });
    if (code === "EMFILE") expect((error as Error).message).toMatch(/: \d+ at once/);
  });

  test("what it did not refuse stays what it is", () => {
    const bug = new TypeError("a fault");
    expect(systemError(bug)).toBe(bug);
    expect(systemError("thrown")).toBe("thrown");
  });

  const project = new Project({});
  afterAll(() => project.remove());

  test.skipIf(!isRoot)("a store below a directory that may not be read", { timeout: 60_000 }, async () => {
    const closed = tempFolder();
    mkdirSync(join(closed, "in"));
    chmodSync(closed, 0o700);
    const script = `cd / && setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '${commandLine(["cache", "ls", "--json", "--store", join(closed, "in/store")]).join(" ")}'`;
    const { stdout, code } = await project.shell(script);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "STORE_UNWRITABLE" } });
    expect(code).toBe(3);
  });
});

describe.skipIf(missing !== undefined)("T9: a signal", () => {
  test.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s ends with %d, one document and nothing left",
    { timeout: 120_000 },
    async (signal, expected) => {
      const project = new Project({ "catalog.ts": catalog("echo ready; busybox sleep 9000") });
      const [node = "", ...args] = commandLine(["build", "--json", "-o", "image.tar"]);
      const child = spawn(node, args, {
        cwd: project.folder,
        env: project.env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      child.stdout.on("data", (data) => {
        stdout += data;
      });
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      let said = "";
      await new Promise<void>((resolve) => {
        child.stderr.on("data", (data) => {
          said += data;
          if (said.includes("| ready")) resolve();
        });
        child.once("close", () => resolve());
      });
      child.kill(signal);
      expect(await ended, said).toBe(expected);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: "INTERRUPTED" } });
      expect(existsSync(join(project.folder, "image.tar"))).toBe(false);
      const left = () =>
        ["tmp", "active", "locks", "roots/work"].flatMap((name) =>
          readdirSync(join(project.folder, ".store", name)),
        );
      await expect.poll(left, { timeout: 60_000 }).toEqual([]);
      project.remove();
    },
  );
});
