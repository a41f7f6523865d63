import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findHostTools } from "../../../src/adapters/sandbox-runc/host-tools.js";
import { RuncSandbox } from "../../../src/adapters/sandbox-runc/runc-sandbox.js";
import { BASES, ensureBases } from "../../fixtures/bases.js";
import { buildIn } from "../../fixtures/sandbox-build.js";
import { whyNoSandbox } from "../../fixtures/sandbox-here.js";

/** What takes long to remove is removed by a process that goes on. */
const GONE = { timeout: 30_000 };

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-run-errors-"));
const sandbox = new RuncSandbox({ folder: join(work, "sandbox") });
beforeAll(() => void ensureBases());
afterAll(async () => {
  await sandbox.close();
  rmSync(work, { recursive: true, force: true });
});

const image = (command: string | string[], options: Parameters<Image["run"]>[1] = {}) =>
  Image.from(Base.rootfs(join(BASES, "rootfs.tar"))).run(command, { network: "none", ...options });
const options = { sandbox, context: work, work };

test("without a runtime the build is refused before any work, with what was looked for", async () => {
  const folder = join(work, "nothing");
  mkdirSync(folder);
  const none = new RuncSandbox({ folder: join(folder, "sandbox"), find: () => findHostTools(folder, []) });
  const failure = buildIn(image("true").run("false"), { ...options, sandbox: none, work: folder });
  await expect(failure).rejects.toMatchObject({ code: "RUN_NEEDS_SANDBOX" });
  await expect(failure).rejects.toThrow(
    /runc or crun; unshare \(util-linux\); setpriv \(util-linux\); mount; GNU tar; sh/,
  );
  expect(readdirSync(folder)).toEqual(["store"]);
});

describe.skipIf(missing !== undefined)("a command", () => {
  test("that fails says its exit code, its last output and the line, and leaves no layer", async () => {
    const command = "busybox seq 30; echo to stderr >&2; touch /made; exit 7";
    const failure = await buildIn(image(command), options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "RUN_FAILED", exitCode: 7, command });
    expect(failure).toMatchObject({ origin: { line: expect.any(Number) } });
    const { message } = failure as Error;
    expect(message).toContain("  | to stderr");
    expect(message).toContain("  | 30");
    expect(message).not.toContain("  | 1\n");
    // The same command is run again, not taken for done.
    await expect(buildIn(image(command), options)).rejects.toMatchObject({ exitCode: 7 });
  });

  test.each([
    [["no-such-program"], 127],
    [["/etc/passwd"], 126],
    ["no-such-program", 127],
    ["busybox sh -c 'kill -9 $$'; exit $?", 137],
  ] as const)("%j ends with %d", async (command, exitCode) => {
    const made = image(typeof command === "string" ? command : [...command]);
    await expect(buildIn(made, options)).rejects.toMatchObject({ code: "RUN_FAILED", exitCode });
  });

  test("that takes too long is stopped", async () => {
    const start = Date.now();
    const failure = buildIn(image("echo begun; busybox sleep 600", { timeout: 1 }), options);
    await expect(failure).rejects.toMatchObject({ code: "RUN_TIMED_OUT", exitCode: 124, output: ["begun"] });
    expect(Date.now() - start).toBeLessThan(20_000);
  });

  test("that is aborted rejects with the reason", async () => {
    const controller = new AbortController();
    const progress = {
      report: ({ kind }: { kind: string }) => kind === "output" && controller.abort("enough"),
    };
    const failure = buildIn(image("echo begun; busybox sleep 600"), {
      ...options,
      progress: progress as never,
      signal: controller.signal,
    });
    await expect(failure).rejects.toBe("enough");
  });

  test("cannot make a file whose name removes another in a layer", async () => {
    const failure = buildIn(image("touch /etc/.wh.passwd"), options);
    await expect(failure).rejects.toMatchObject({ code: "RUN_NAME_RESERVED", subject: "etc/.wh.passwd" });
  });

  test("with a mount that cannot be is told from one that fails", async () => {
    const mounts = [{ type: "tmpfs", target: "/etc/passwd/below" }] as const;
    await expect(buildIn(image("true", { mounts }), options)).rejects.toMatchObject({
      code: "SANDBOX_TARGET",
    });
  });

  test("prints what it likes: long lines, escapes, bytes that are no text", async () => {
    const lines: string[] = [];
    const progress = {
      report: (event: { kind: string; line?: string }) => event.line && lines.push(event.line),
    };
    const command =
      "busybox dd if=/dev/zero bs=1M count=8 2>/dev/null | busybox tr '\\0' x; echo; printf '\\033[1m\\377\\n'";
    await buildIn(image(command), { ...options, progress: progress as never });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(4096);
    expect(lines.join("").length).toBeGreaterThan(8 << 20);
  });

  test("sees nothing of the host but what it is given", async () => {
    const lines: string[] = [];
    const progress = {
      report: (event: { kind: string; line?: string }) => event.line && lines.push(event.line),
    };
    process.env["LAYERWRIGHT_HOST_ONLY"] = "of the host";
    const command = `env; ls /proc/self/fd | busybox wc -l; ls /proc | grep -c '^[0-9]'; ls ${work} 2>&1; cat /proc/1/root/etc/motd; grep NoNewPrivs /proc/self/status`;
    await buildIn(image(command), { ...options, progress: progress as never });
    delete process.env["LAYERWRIGHT_HOST_ONLY"];
    const text = lines.join("\n");
    expect(text).not.toContain("LAYERWRIGHT_HOST_ONLY");
    // 0, 1, 2 and the listing itself.
    expect(lines).toContain("4");
    expect(text).toContain("No such file or directory");
    expect(text).toContain("second");
    expect(text).toMatch(/NoNewPrivs:\t1/);
  });

  test.skipIf(process.geteuid?.() !== 0)("on a full disk fails with a code, and leaves nothing", async () => {
    const folder = join(work, "small");
    mkdirSync(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
    try {
      const small = new RuncSandbox({ folder });
      const fills = image("busybox dd if=/dev/zero of=/big bs=1M count=16");
      await expect(buildIn(fills, { ...options, sandbox: small })).rejects.toMatchObject({
        code: "RUN_FAILED",
      });
      await small.close();
      await expect.poll(() => readdirSync(join(folder, "roots/work")), GONE).toEqual([]);
      const more = Image.from(Base.rootfs(join(BASES, "rootfs.tar"))).write("/big", Buffer.alloc(8 << 20));
      const again = new RuncSandbox({ folder });
      const unpacked = buildIn(more.run("true", { network: "none" }), { ...options, sandbox: again });
      await expect(unpacked).rejects.toMatchObject({ code: "SANDBOX_FAILED" });
      await again.close();
      await expect.poll(() => readdirSync(join(folder, "roots/work")), GONE).toEqual([]);
    } finally {
      execFileSync("umount", [folder]);
    }
  });
});

test.runIf(missing !== undefined)("commands run here", ({ skip }) => skip(missing));
