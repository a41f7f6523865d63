import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, describe, expect, it } from "vitest";
import { commandLine, Project, twoImages } from "./cli-support.js";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

function projectOf(files: Readonly<Record<string, string>>, type?: "module" | "commonjs"): Project {
  const project = new Project(files, type);
  projects.push(project);
  return project;
}

const oneImage = 'import { Image } from "layerwright";\nexport default Image.scratch().write("/a", "b");\n';

describe("loading the user's file", () => {
  it.each(["module", "commonjs"] as const)("works in a %s project, whatever it prints", async (type) => {
    const project = projectOf({ "catalog.ts": twoImages, "site/index.html": "hi\n" }, type);
    const ran = await project.run(["ls", "--json"]);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toEqual({
      catalog: "acme",
      groups: {},
      images: [
        {
          name: "api",
          platforms: ["linux/amd64"],
          base: "scratch",
          steps: 3,
          layers: 1,
          squash: "keep",
          dependencies: [],
        },
        {
          name: "web",
          platforms: ["linux/amd64"],
          base: "api",
          steps: 1,
          layers: 1,
          squash: "own",
          dependencies: ["api"],
        },
      ],
    });
    expect(ran.stderr).toBe("noise of the user\n");
  });

  it.each([
    ["catalog.mts", "commonjs"],
    ["catalog.js", "module"],
    ["catalog.mjs", "commonjs"],
  ] as const)("takes %s in a %s project", async (file, type) => {
    const project = projectOf({ [file]: oneImage }, type);
    const ran = await project.run(["ls", "-q", "--app", file]);
    expect(ran).toEqual({ code: 0, stdout: `${file.replace(/\..*/, "")}\n`, stderr: "" });
  });

  it("takes a .cts file, or says why this Node cannot", async () => {
    const ran = await projectOf({ "other.cts": oneImage }).run(["ls", "-q", "--app", "other.cts"]);
    if (ran.code === 0) expect(ran.stdout).toBe("other\n");
    else expect(ran.stderr).toContain("rename it to .mts");
  });

  it("makes a catalog of named images when there is no default export", async () => {
    const source =
      'import { Image } from "layerwright";\nexport const myApp = Image.scratch();\nexport const other = Image.from(myApp);\nexport const n = 1;\n';
    const ran = await projectOf({ "catalog.ts": source }).run(["ls", "-q"]);
    expect(ran.stdout).toBe("my-app\nother\n");
  });

  it("waits for top-level await and for what the program does later", async () => {
    const source = `${oneImage}await new Promise((done) => setTimeout(done, 50));\nsetTimeout(() => console.log("later"), 50);\n`;
    const ran = await projectOf({ "catalog.ts": source }).run(["ls", "-q"]);
    expect(ran).toEqual({ code: 0, stdout: "catalog\n", stderr: "later\n" });
  });
});

/** What the program is, and what is said of it. */
const failures: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "throws",
    'function deep() {\n  throw new TypeError("boom");\n}\ndeep();\n',
    "USER_PROGRAM_FAILED",
    [
      "catalog.ts failed: TypeError: boom",
      "at catalog.ts:2:9",
      '2 |   throw new TypeError("boom");',
      "at deep (",
    ],
  ],
  [
    "is not TypeScript",
    "const x = = 3;\n",
    "USER_PROGRAM_FAILED",
    ["it is not valid TypeScript", "at catalog.ts:1:11", "1 | const x = = 3;"],
  ],
  [
    "rejects later",
    'setTimeout(() => { Promise.reject(new Error("late")); }, 20);\n',
    "USER_PROGRAM_FAILED",
    ["Error: late"],
  ],
  ["ends itself", "process.exit(0);\n", "USER_PROGRAM_FAILED", ["it called process.exit before"]],
  ["ends itself with a code", "process.exit(7);\n", "USER_PROGRAM_FAILED", ["exit code 7"]],
  [
    "writes where its catalog is handed back",
    'import { writeSync } from "node:fs";\nwriteSync(3, "null");\n',
    "USER_PROGRAM_FAILED",
    ["file descriptor 3 is no whole catalog"],
  ],
  [
    "exports nothing of ours",
    "export const a = 1;\n",
    "CATALOG_EXPORT_MISSING",
    ["it exports a", "new Catalog"],
  ],
  [
    "makes a mistake in a step",
    'import { Image } from "layerwright";\nexport default Image.scratch()\n  .expose(0);\n',
    "PORT_INVALID",
    ["at catalog.ts:3:4", "3 |   .expose(0);", "hint: "],
  ],
  [
    "describes what cannot be planned",
    'import { Image } from "layerwright";\nexport default Image.from("debian")\n  .copy("a", "relative/");\n',
    "RELATIVE_NEEDS_WORKDIR",
    ["at catalog.ts:3", '3 |   .copy("a", "relative/");'],
  ],
];

describe("a program that fails", () => {
  it.each(failures)("%s", async (_, source, code, words) => {
    const ran = await projectOf({ "catalog.ts": source }).run(["ls"]);
    expect([ran.code, ran.stdout]).toEqual([3, ""]);
    expect(ran.stderr).toMatch(new RegExp(`^error ${code}: `));
    for (const word of words) expect(ran.stderr).toContain(word);
    expect(ran.stderr).not.toMatch(/node:internal|node_modules/);
  });

  it("is one JSON document, with the place, under --json", async () => {
    const [, source = ""] = failures[0] ?? [];
    const ran = await projectOf({ "catalog.ts": `console.log("{");\n${source}` }).run(["ls", "--json"]);
    expect(ran.code).toBe(3);
    expect(JSON.parse(ran.stdout).error).toMatchObject({
      code: "USER_PROGRAM_FAILED",
      where: { file: "catalog.ts", line: 3, column: 9 },
    });
  });

  it("is ended with the command by SIGINT, which then exits with 130", async () => {
    const project = projectOf({ "catalog.ts": 'console.log("up");\nsetInterval(() => undefined, 1000);\n' });
    const [file = "", ...args] = commandLine(["ls"]);
    const child = spawn(file, args, {
      cwd: project.folder,
      env: project.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    await once(child.stderr, "data");
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    expect(code).toBe(130);
  });
});
