import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockHasher } from "../../../src/archive/block-hasher.js";
import { blockTag } from "../../../src/archive/block-tag.js";

const MIB = 1 << 20;
const blocks = [Buffer.alloc(MIB, 1), Buffer.alloc(MIB, 2), Buffer.alloc(700, 3)];
const KEY = "000102030405060708090a0b0c0d0e0f";
const tags = blocks.map((block) => blockTag(Buffer.from(KEY, "hex"), block));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("blockHasher", () => {
  it("gives the tag of each block and the digest of all", async () => {
    const hasher = blockHasher(0, KEY);
    const found = [];
    for (const block of blocks) found.push(await hasher.add(block));
    expect(found).toEqual(tags);
    expect(await hasher.digest()).toBe(sha256(Buffer.concat(blocks)));
    await hasher.close();
  });

  it("gives no tags without a key", async () => {
    const hasher = blockHasher(0);
    expect(await hasher.add(blocks[0]!)).toBe("");
    await hasher.close();
  });
});

/** The thread runs from JavaScript only, as it is shipped; so a child process does it. */
describe("blockHasher in a thread", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lw-hasher-"));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    for (const name of ["block-hasher", "block-tag", "hash-worker"]) {
      const source = readFileSync(new URL(`../../../src/archive/${name}.ts`, import.meta.url), "utf8");
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
      writeFileSync(join(folder, `${name}.js`), ts.transpileModule(source, { compilerOptions }).outputText);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function inChild(work: string): unknown {
    const script = join(folder, "child.js");
    const start =
      'import { blockHasher } from "./block-hasher.js";\nconst hasher = blockHasher(2 ** 30, process.argv[2]);\n';
    writeFileSync(script, `${start}${work}\nconsole.log(JSON.stringify(result));\n`);
    return JSON.parse(execFileSync(process.execPath, [script, KEY], { encoding: "utf8" }));
  }

  it("gives the same from shared memory", () => {
    const result = inChild(`
      const blocks = [[1, 2 ** 20], [2, 2 ** 20], [3, 700]].map(([fill, size]) =>
        hasher.allocate(2 ** 20).fill(fill).subarray(0, size));
      const found = await Promise.all(blocks.map((block) => hasher.add(block)));
      const result = { shared: blocks[0].buffer instanceof SharedArrayBuffer, found, all: await hasher.digest() };
      await hasher.close();`);
    expect(result).toEqual({ shared: true, found: tags, all: sha256(Buffer.concat(blocks)) });
  });

  it("fails what waits when it is closed", () => {
    const result = inChild(`
      const waiting = hasher.add(hasher.allocate(2 ** 20)).catch((error) => error.message);
      await hasher.close();
      const after = hasher.digest().catch((error) => error.message);
      const result = [await waiting, await after];`);
    expect(result).toEqual(["the hash worker was stopped", "the hash worker was stopped"]);
  });
});
