import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { catalogue } from "../src/errors/catalogue.js";
import { errorsPage } from "./errors-page.js";

const root = fileURLToPath(new URL("..", import.meta.url));

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === "api" && folder.endsWith("docs") ? [] : filesBelow(path, ending);
    return path.endsWith(ending) ? [path] : [];
  });
}

interface Example {
  readonly name: string;
  readonly code: string;
}

/** The `@example` blocks of the source: each is a whole module. */
function sourceExamples(): Example[] {
  return filesBelow(join(root, "src"), ".ts").flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return [...text.matchAll(/^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map((match, index) => ({
      name: `${relative(root, file)} #${index + 1}`,
      code: match[1]!.replace(/^ *\* ?/gm, ""),
    }));
  });
}

/** The code of the guides; it may name files that a reader has, so it is compiled and not run. */
function guideExamples(): Example[] {
  const pages = [join(root, "README.md"), ...filesBelow(join(root, "docs"), ".md")];
  return pages.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, index) => ({
      name: `${relative(root, file)} #${index + 1}`,
      code: match[1]!,
    })),
  );
}

const work = mkdtempSync(join(tmpdir(), "layerwright-docs-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const inSource = sourceExamples().map((example, index) => ({
  ...example,
  file: join(work, `source-${index}.ts`),
}));
const inGuides = guideExamples().map((example, index) => ({
  ...example,
  file: join(work, `guide-${index}.ts`),
}));

describe("examples in the documentation", () => {
  it("compile", () => {
    for (const { file, code } of [...inSource, ...inGuides]) writeFileSync(file, `${code}\nexport {};\n`);
    writeFileSync(join(work, "package.json"), '{"type":"module"}');
    const config = {
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        paths: {
          layerwright: [join(root, "src/index.ts")],
          "layerwright/testing": [join(root, "src/testing/index.ts")],
          "layerwright/testing/vitest": [join(root, "src/testing/vitest.ts")],
          vitest: [join(root, "node_modules/vitest/dist/index.d.ts")],
        },
        typeRoots: [join(root, "node_modules/@types")],
        noEmit: true,
      },
      include: [`${work}/*.ts`],
    };
    writeFileSync(join(work, "tsconfig.json"), JSON.stringify(config));
    const names = new Map(
      [...inSource, ...inGuides].map(({ file, name }) => [file.split("/").at(-1)!, name]),
    );
    let output = "";
    try {
      execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", work], {
        encoding: "utf8",
      });
    } catch (error) {
      output = String((error as { stdout: string }).stdout);
    }
    const readable = output.replace(
      /[^\s(]*?((?:source|guide)-\d+\.ts)/g,
      (_, file: string) => names.get(file) ?? file,
    );
    expect(readable).toBe("");
  }, 180_000);

  it.each(inSource)("run: $name", async ({ file }) => {
    const before = process.cwd();
    const log = console.log;
    process.chdir(work);
    console.log = () => {};
    try {
      await import(pathToFileURL(file).href);
    } finally {
      process.chdir(before);
      console.log = log;
    }
  });
});

describe("docs/errors.md", () => {
  it("has a line for every code (npm run errors-page)", () => {
    expect(readFileSync(join(root, "docs/errors.md"), "utf8")).toBe(errorsPage());
  });

  it("has a test for every code", () => {
    const tests = filesBelow(join(root, "test"), ".ts")
      .filter((file) => !file.endsWith("errors-page.ts"))
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    expect(Object.keys(catalogue).filter((code) => !new RegExp(`\\b${code}\\b`).test(tests))).toEqual([]);
  });
});
