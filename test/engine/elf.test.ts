import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Operation } from "../../src/plan/operation.js";
import { ElfError, readElf } from "../../src/rootfs/read-elf.js";
import { copy, makeContext, planOf, plansOf, testBuild, write } from "./support/build.js";
import { elfFile } from "./support/elf-file.js";

const readerOf = (bytes: Buffer) => ({
  size: bytes.length,
  read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
  close: () => {},
});

const binary: Operation = copy("app", "/app", { executable: true });
const buildWith = (app: Uint8Array | string, below: readonly Operation[] = [], architecture = "amd64") => {
  const plan = planOf([below, [binary]]);
  return testBuild({ ...plan, platform: { os: "linux", architecture } }, makeContext({ app }));
};

describe("programs that can start", () => {
  test.each([
    ["static", elfFile({})],
    ["static-pie", elfFile({ type: 3, dynamic: true })],
  ])("%s, on scratch", async (_, app) => {
    expect((await buildWith(app)).layers).toHaveLength(1);
  });

  test.each([
    ["arm64", 183, 64, true],
    ["arm", 40, 32, true],
    ["386", 3, 32, true],
    ["riscv64", 243, 64, true],
    ["ppc64le", 21, 64, true],
    ["s390x", 22, 64, false],
    ["mips64le", 8, 64, true],
    ["loong64", 258, 64, true],
  ] as const)("for %s", async (architecture, machine, bits, littleEndian) => {
    const app = elfFile({ machine, bits, littleEndian });
    expect((await buildWith(app, [], architecture)).layers).toHaveLength(1);
    await expect(buildWith(app)).rejects.toMatchObject({
      code: "BINARY_WRONG_MACHINE",
      shortMessage: `binary: app must be built for amd64, got ${architecture}`,
    });
  });

  test("dynamic, where the image has the loader and the libraries", async () => {
    const app = elfFile({ interpreter: "/lib64/ld-linux-x86-64.so.2", needed: ["libc.so.6", "libz.so.1"] });
    const below = [
      { op: "symlink", path: "/lib64", target: "usr/lib64" } as const,
      write("/usr/lib64/ld-linux-x86-64.so.2"),
      write("/usr/lib/x86_64-linux-gnu/libc.so.6"),
      write("/usr/lib/libz.so.1"),
    ];
    expect((await buildWith(app, below)).layers).toHaveLength(2);
  });

  test("from another stage", async () => {
    const contents = { digest: "", size: 0, base64: elfFile({}).toString("base64") };
    const plan = plansOf([
      {
        id: "b",
        layers: [{ id: "b", operations: [{ op: "write", path: "/out", contents, mode: { octal: 0o755 } }] }],
      },
      {
        id: "i",
        layers: [
          {
            id: "i",
            operations: [
              {
                op: "copy",
                sources: [{ from: "stage", stage: "b", path: "/out" }],
                dest: "/app",
                into: false,
                executable: true,
              },
            ],
          },
        ],
      },
    ]);
    expect((await testBuild(plan)).layers).toHaveLength(1);
  });
});

describe("programs that cannot", () => {
  const dynamic = elfFile({ interpreter: "/lib64/ld-linux-x86-64.so.2", needed: ["libc.so.6", "libz.so.1"] });

  test("dynamic, on scratch: names the loader and the libraries", async () => {
    await expect(buildWith(dynamic)).rejects.toMatchObject({
      code: "BINARY_DYNAMIC",
      shortMessage:
        "binary: app is dynamically linked and needs /lib64/ld-linux-x86-64.so.2 with libc.so.6, libz.so.1, which an image from scratch does not have",
    });
  });

  test("dynamic, with the loader but without a library", async () => {
    const below = [write("/lib64/ld-linux-x86-64.so.2"), write("/lib/libc.so.6")];
    await expect(buildWith(dynamic, below)).rejects.toMatchObject({
      code: "BINARY_LIBRARY_MISSING",
      shortMessage: expect.stringContaining("needs libz.so.1,"),
    });
  });

  test.each([
    ["#!/usr/bin/env -S node --flag\n", "BINARY_IS_SCRIPT", "node"],
    ["#!/bin/sh\nexit", "BINARY_IS_SCRIPT", "/bin/sh"],
    ["", "BINARY_NOT_ELF", "an empty file"],
    ["text", "BINARY_NOT_ELF", "74 65 78 74"],
    [Buffer.from("cffaedfe00", "hex"), "BINARY_NOT_ELF", "macOS"],
    [Buffer.from("4d5a9000", "hex"), "BINARY_NOT_ELF", "Windows"],
    [Buffer.from("7f454c46", "hex"), "BINARY_DAMAGED", "ends after 4 bytes"],
    [elfFile({ type: 1 }), "BINARY_DAMAGED", "type 1"],
    [elfFile({}).subarray(0, 70), "BINARY_DAMAGED", "inside the program headers"],
  ])("%j", async (app, code, text) => {
    await expect(buildWith(app)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  test("a folder", async () => {
    await expect(testBuild(planOf([[binary]]), makeContext({ "app/x": "" }))).rejects.toMatchObject({
      code: "BINARY_NOT_FILE",
    });
  });
});

test("any damage gives a coded error or a program, and few bytes are read", () => {
  const whole = elfFile({ interpreter: "/lib/ld.so", needed: ["libc.so.6"], type: 3 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
      fc.nat(whole.length),
      (changes, cut) => {
        const bytes = Buffer.from(whole.subarray(0, Math.max(16, cut)));
        for (const [at, value] of changes) if (at >= 4 && at < bytes.length) bytes[at] = value;
        let read = 0;
        const reader = readerOf(bytes);
        try {
          readElf({
            ...reader,
            read: (offset, length) => {
              read += length;
              return reader.read(offset, length);
            },
          });
        } catch (error) {
          if (!(error instanceof ElfError)) throw error;
        }
        expect(read).toBeLessThan(32 << 20);
      },
    ),
    { numRuns: 5000 },
  );
});
