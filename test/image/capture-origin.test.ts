import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type { Origin } from "../../src/errors/origin.js";
import { originOf } from "../../src/image/call.js";
import { Image, type Recipe } from "../../src/image/image.js";
import { apt } from "../../src/recipes/apt.js";
import { timezones } from "../../src/recipes/timezones.js";
import { refusal } from "./refusal.js";

/** The line that calls this, by a stack of its own. */
const here = (): number => Number(/:(\d+):\d+\)?$/.exec(new Error().stack!.split("\n")[2]!)?.[1]);
const originAt = (image: Image, index = 0): Origin => image.node.steps[index]!.origin!;

describe("the origin of a step", () => {
  it("is the user's file and line", () => {
    const [image, line] = [Image.scratch().mkdir("/a"), here()];
    expect(originAt(image)).toEqual({ file: import.meta.filename, line, column: expect.any(Number) });
  });

  it("is the line inside a user's recipe and helper", () => {
    const lines: number[] = [];
    const helper = (image: Image): Image => [image.run("a"), lines.push(here())][0] as Image;
    const recipe: Recipe = (image) => helper(image).run("b");
    const image = Image.from("debian").with(recipe);
    const [layer] = image.node.steps;
    expect(layer?.kind === "layer" && layer.steps[0]?.origin?.line).toBe(lines[0]);
  });

  it("is the user's line for our own recipes, also deep ones", () => {
    const [image, line] = [Image.from("debian").with(apt.install("nginx")), here()];
    expect(originAt(image)).toMatchObject({ file: import.meta.filename, line });
    const [zones, second] = [Image.scratch().with(timezones({ zones: ["UTC", "Europe/Berlin"] })), here()];
    expect(originAt(zones)).toMatchObject({ file: import.meta.filename, line: second });
  });

  it("is in the message of a mistake", () => {
    const line = here() + 1;
    const error = refusal(() => Image.scratch().expose(0));
    expect(error.origin).toMatchObject({ file: import.meta.filename, line });
    expect(error.message).toContain(`${import.meta.filename}:${line}`);
  });

  it("is plain data to those who look", () => {
    const origin = originAt(Image.scratch().mkdir("/a"));
    expect(Object.keys(origin)).toEqual(["file", "line", "column"]);
    expect(JSON.parse(JSON.stringify(origin))).toEqual({ ...origin });
    expect(Object.isFrozen(origin)).toBe(true);
  });

  it("leaves the stack limit as it was", () => {
    const before = Error.stackTraceLimit;
    Image.scratch().mkdir("/a");
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe("reading a stack", () => {
  const own = ["/pkg/src/", "/pkg/dist/"];
  const cases: readonly (readonly [string, string, Origin])[] = [
    ["a path", "at foo (/app/a.ts:3:4)", { file: "/app/a.ts", line: 3, column: 4 }],
    ["a URL", "at file:///app/a%20b.mjs:3:4", { file: "/app/a b.mjs", line: 3, column: 4 }],
    ["an async frame", "at async file:///app/a.mjs:3:4", { file: "/app/a.mjs", line: 3, column: 4 }],
    [
      "a path with parentheses",
      "at Object.<anonymous> (/app (1)/a.ts:3:4)",
      { file: "/app (1)/a.ts", line: 3, column: 4 },
    ],
    [
      "our own frames",
      "at x (/pkg/dist/i.js:1:1)\n at y (file:///pkg/src/i.ts:1:1)\n at z (/app/a.ts:3:4)",
      { file: "/app/a.ts", line: 3, column: 4 },
    ],
    [
      "Node's frames",
      "at x (node:internal/y:1:1)\n at Array.map (<anonymous>)\n at z (/app/a.ts:3:4)",
      { file: "/app/a.ts", line: 3, column: 4 },
    ],
    ["a name of two lines", "at image.env.A\nB (/app/a.ts:3:4)", { file: "/app/a.ts", line: 3, column: 4 }],
    ["nothing", "", { file: "unknown", line: 1 }],
  ];
  it.each(cases)("%s", (_name, stack, expected) => {
    expect(originOf(`Error\n    ${stack}`, own)).toEqual(expected);
  });
});

describe("the origin outside of this process", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));

  function runIn(file: string, entry: string, args: readonly string[]): unknown {
    const folder = mkdtempSync(join(tmpdir(), "lw origin-"));
    try {
      const source = `const unused: number = 1;\n\n\nimport { Image } from ${JSON.stringify(entry)};\n\nconsole.log(JSON.stringify(\n  Image.scratch()\n    .mkdir("/a").node.steps[0]?.origin));\n`;
      writeFileSync(
        join(folder, file),
        file.endsWith("ts") ? source : source.replace(": number", "").replace("?.", "."),
      );
      const out = execFileSync(process.execPath, [...args, join(folder, file)], {
        cwd: root,
        encoding: "utf8",
      });
      const { file: found, line } = JSON.parse(out) as Origin;
      return { file: found.replace(`${folder}/`, ""), line };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it("is right in TypeScript under tsx", () => {
    expect(runIn("catalog.ts", join(root, "src/image/image.ts"), ["--import", "tsx"])).toEqual({
      file: "catalog.ts",
      line: 8,
    });
  });

  it("is right in plain compiled JavaScript", () => {
    const compiled = mkdtempSync(join(tmpdir(), "lw-dist-"));
    try {
      const rootNames = [join(root, "src/image/image.ts")];
      const program = ts.createProgram(rootNames, {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        rootDir: join(root, "src"),
        outDir: join(compiled, "dist"),
        types: [],
        skipLibCheck: true,
      });
      program.emit();
      writeFileSync(join(compiled, "package.json"), '{"type":"module"}');
      expect(runIn("catalog.mjs", join(compiled, "dist/image/image.js"), [])).toEqual({
        file: "catalog.mjs",
        line: 8,
      });
    } finally {
      rmSync(compiled, { recursive: true });
    }
  });
});
