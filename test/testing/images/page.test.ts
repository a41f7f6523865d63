import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = readFileSync(join(root, "docs/testing-images.md"), "utf8");
const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
const ofVitest = blocks.filter((code) => code.includes('from "vitest"'));
const ofNode = blocks.filter((code) => !code.includes('from "vitest"'));

const work = mkdtempSync(join(tmpdir(), "layerwright-page-"));
const source = {
  "layerwright/testing/vitest": join(root, "src/testing/vitest.ts"),
  "layerwright/testing": join(root, "src/testing/index.ts"),
  layerwright: join(root, "src/index.ts"),
};

beforeAll(() => {
  mkdirSync(join(work, "node_modules"));
  symlinkSync(join(root, "node_modules/vitest"), join(work, "node_modules/vitest"));
  const paths = Object.fromEntries(Object.entries(source).map(([name, path]) => [name, [path]]));
  writeFileSync(join(work, "package.json"), '{"type":"module"}');
  writeFileSync(join(work, "tsconfig.json"), JSON.stringify({ compilerOptions: { paths } }));
  writeFileSync(
    join(work, "vitest.config.mjs"),
    `export default { resolve: { alias: ${JSON.stringify(source)} }, test: { include: ["*.vitest.ts"] } };\n`,
  );
  for (const [at, code] of ofVitest.entries()) writeFileSync(join(work, `page-${at}.vitest.ts`), code);
  for (const [at, code] of ofNode.entries()) writeFileSync(join(work, `page-${at}.node.ts`), code);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Runs a program in a folder like a user's project, with no trace of this test run in its environment. */
function run(...args: string[]): { readonly status: number | null; readonly output: string } {
  // Under CI a snapshot is never written, and the page has none yet.
  const { VITEST: _, NODE_TEST_CONTEXT: __, CI: ___, ...env } = process.env;
  const ended = spawnSync(process.execPath, args, { cwd: work, encoding: "utf8", env });
  return { status: ended.status, output: `${ended.stdout}${ended.stderr}` };
}

describe("the page on testing images", () => {
  it("has tests that pass in vitest", () => {
    const { status, output } = run(join(root, "node_modules/vitest/vitest.mjs"), "run", "--no-color");
    expect(output).toMatch(/Tests +3 passed/);
    expect(status, output).toBe(0);
  });

  it("has tests that pass in node:test", () => {
    const tsx = join(root, "node_modules/tsx/dist/esm/index.mjs");
    const files = ofNode.map((_, at) => `page-${at}.node.ts`);
    const { status, output } = run("--import", tsx, "--test", "--test-reporter=tap", ...files);
    expect(status, output).toBe(0);
    expect(output).toContain("# pass 2");
  });
});
