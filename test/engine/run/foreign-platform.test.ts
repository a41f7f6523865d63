import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, hostPlatform, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInterpreted, parseBinfmt } from "../../../src/adapters/sandbox-runc/host-tools.js";
import { checkMachine, checkRuns } from "../../../src/engine/run/check-runs.js";
import { parsePlatform } from "../../../src/oci/platform.js";
import { lower } from "../../../src/plan/lower.js";
import type { RunOperation } from "../../../src/plan/operation.js";
import type { Sandbox } from "../../../src/ports/sandbox.js";
import { programStart } from "../../../src/rootfs/read-elf.js";
import { arm64Program } from "../../fixtures/arm64-program.js";
import { whyNoSandbox } from "../../fixtures/sandbox-here.js";
import { imageListing } from "../../peers/image-listing.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-binfmt-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** As the kernel shows what Debian's qemu-user-static registers. */
const aarch64 = `enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: POCF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
`;
const s390x = aarch64
  .replace(/magic .*/, "magic 7f454c4602020100000000000000000000020016")
  .replace(/mask .*/, "mask ffffffffffffff00fffffffffffffffffffeffff");
const python = `enabled
interpreter /usr/bin/python3
flags: F
extension .pyc
`;

function folderWith(entries: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(work, "binfmt-"));
  for (const [name, text] of Object.entries(entries)) writeFileSync(join(folder, name), text);
  return folder;
}

const start = (platform: string, type: 2 | 3 = 2) => programStart(parsePlatform(platform), type)!;

describe("what the kernel interprets", () => {
  const folder = folderWith({ status: "enabled\n", "qemu-aarch64": aarch64, "qemu-s390x": s390x, python });

  test.each([
    ["linux/arm64", true],
    ["linux/s390x", true],
    ["linux/arm/v7", false],
    ["linux/riscv64", false],
    ["linux/amd64", false],
  ])("%s: %s", (platform, found) => {
    expect(isInterpreted(start(platform), folder)).toBe(found);
    expect(isInterpreted(start(platform, 3), folder)).toBe(found);
  });

  test("is nothing where it is off, not there in every root, or not to be seen", () => {
    const off = { a: aarch64.replace("enabled", "disabled"), b: aarch64.replace("POCF", "POC") };
    expect(isInterpreted(start("linux/arm64"), folderWith(off))).toBe(false);
    expect(isInterpreted(start("linux/arm64"), join(work, "none"))).toBe(false);
    mkdirSync(join(work, "empty"));
    expect(isInterpreted(start("linux/arm64"), join(work, "empty"))).toBe(false);
  });

  test("is read without a mask, and never by the endings of names", () => {
    expect(parseBinfmt(aarch64.replace(/mask .*\n/, ""))!.mask.every((byte) => byte === 0xff)).toBe(true);
    expect(parseBinfmt(aarch64)).toMatchObject({ offset: 0, everywhere: true });
    expect(parseBinfmt(python)).toBeUndefined();
    expect(parseBinfmt("")).toBeUndefined();
  });
});

describe("a command for another platform", () => {
  const image = Image.from("debian:bookworm-slim").run("make install");
  const planFor = (platform: string) => lower(image.node, { platform: parsePlatform(platform) });
  const run = planFor("linux/arm64").stages[0]!.layers[0]!.operations[0] as RunOperation;
  const machine = parsePlatform("linux/amd64");
  const check = (platform: string, interprets: boolean) => () =>
    checkMachine(run, parsePlatform(platform), { interprets: () => interprets }, machine);

  test("runs where an emulator does, or the processor itself", () => {
    for (const platform of ["linux/amd64", "linux/amd64/v2", "linux/386"])
      expect(check(platform, false)).not.toThrow();
    expect(check("linux/arm64", true)).not.toThrow();
  });

  test("is refused elsewhere, with both platforms and the line: RUN_FOREIGN_PLATFORM", () => {
    expect(check("linux/arm64", false)).toThrow(
      expect.objectContaining({
        code: "RUN_FOREIGN_PLATFORM",
        shortMessage:
          'the command "make install" is for linux/arm64, and this machine (linux/amd64) has no emulator that runs it',
        origin: expect.objectContaining({ file: expect.stringContaining("foreign-platform.test.ts") }),
      }),
    );
  });

  test("is refused before any work", async () => {
    const { stages } = planFor("linux/s390x");
    const sandbox = { check: async () => {}, interprets: () => false } as unknown as Sandbox;
    await expect(checkRuns(stages, parsePlatform("linux/s390x"), { sandbox })).rejects.toMatchObject({
      code: "RUN_FOREIGN_PLATFORM",
    });
  });
});

describe.skipIf((await whyNoSandbox()) !== undefined)("a program for arm64", () => {
  const image = Image.scratch().binary("tool", "/tool").run(["/tool"], { network: "none" });
  const context = join(work, "context");
  const options = { context, store: join(work, "store"), platform: "linux/arm64" };
  const native = hostPlatform().architecture === "arm64" || isInterpreted(start("linux/arm64"));
  beforeAll(() => {
    mkdirSync(context);
    writeFileSync(join(context, "tool"), arm64Program("/made"), { mode: 0o755 });
  });

  test.runIf(native)("runs, here by an emulator or the processor", async () => {
    const dest = join(work, "made.tar");
    await build(image, { ...options, output: { type: "oci", dest } });
    expect(imageListing(dest).rootfs.get("made")).toMatchObject({ type: "file", size: 6 });
  });

  test.skipIf(native)("is refused here, where there is no emulator", async () => {
    await expect(build(image, options)).rejects.toMatchObject({ code: "RUN_FOREIGN_PLATFORM" });
  });
});
