import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readEnd } from "../../../src/adapters/sandbox-runc/runc-sandbox.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-end-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [setup, runtime] = [join(folder, "setup.log"), join(folder, "runtime.log")] as const;

function end(code: number, setupText: string, messages: readonly object[]): number {
  writeFileSync(setup, setupText);
  writeFileSync(runtime, messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  return readEnd(code, setup, runtime);
}

const error = (msg: string) => ({ level: "error", msg });

describe("how a command ended", () => {
  it.each([
    ["the command's own code", 7, [], 7],
    ["a warning of the runtime", 1, [{ level: "warning", msg: "no cgroups here" }], 1],
    ["runc without the program", 1, [error('exec: "x": executable file not found in $PATH')], 127],
    [
      "crun without the program",
      1,
      [error("executable file `x` not found in $PATH: No such file or directory")],
      127,
    ],
    ["runc with a program of no use", 1, [error('exec: "/etc/passwd": permission denied')], 126],
    ["crun with a program of no use", 1, [error("open executable: Permission denied")], 126],
    ["crun with a pipe", 1, [error("open executable: Operation not permitted")], 126],
    [
      "crun 1.21 with a pipe",
      1,
      [error("the path `/bin/sh` is not a regular file: Operation not permitted")],
      126,
    ],
    [
      "crun 1.21 with a program of no use",
      1,
      [error("the path `/x` exists but it is not executable: Operation not permitted")],
      126,
    ],
    [
      "runc 1.3 with a directory",
      1,
      [error('error during container init: exec: "/bin": is a directory')],
      126,
    ],
  ] as const)("%s", (_, code, messages, expected) => {
    expect(end(code, "", messages)).toBe(expected);
  });

  it.each([
    ["executable file `/x` not found: No such file or directory", 127],
    ["the path `/x` is not a regular file: Operation not permitted", 126],
  ])("crun 1.28, whose documents have several lines: %s", (msg, expected) => {
    const documents = [{ level: "warning", msg: "x" }, error(msg)].map((one) => JSON.stringify(one, null, 2));
    writeFileSync(setup, "");
    writeFileSync(runtime, `${documents.join("\n")}\n`);
    expect(readEnd(1, setup, runtime)).toBe(expected);
    writeFileSync(runtime, `${JSON.stringify(error("error mounting"), null, 2)}\n`);
    expect(() => readEnd(1, setup, runtime)).toThrow("error mounting");
  });

  it("is told from a sandbox that never started it", () => {
    const failed = { code: "SANDBOX_FAILED" };
    expect(() => end(1, "", [error("error mounting")])).toThrow(expect.objectContaining(failed));
    expect(() => end(1, "mount: wrong fs type\n  dmesg may say more\nfailed\n", [])).toThrow(
      /mount: wrong fs type/,
    );
    expect(() => readEnd(3, join(folder, "none"), join(folder, "none"))).not.toThrow();
  });
});
