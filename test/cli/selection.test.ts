import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Base, build, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importedModules } from "../../src/cli/narrow-images.js";
import { Project } from "./cli-support.js";

const catalog = `import { Base, Catalog, context, Image } from "layerwright";
import { TEXT } from "./lib/constants.js";
import { web } from "./lib/web.js";
const base = Image.from(Base.layout("base-layout")).write("/etc/text", TEXT);
const server = Image.from(base).copy("api/*.js", "/srv/");
const worker = Image.from(base).copy("worker", "/srv/", { exclude: ["**/*.md"] });
const tool = Image.scratch().copy(context("shared", "../shared"), "/shared/");
const copied = Image.scratch().copy(worker.path("/srv/a"), "/a");
const api = { server, worker };
export default new Catalog("acme", { base, api, tool, copied, web }, {
  platforms: ["linux/amd64"],
  groups: { nightly: ["api/*", "web"] },
});
`;

const project = new Project({});
const folder = join(project.folder, "app");
afterAll(() => project.remove());
beforeAll(async () => {
  project.write({
    "app/catalog.ts": catalog,
    "app/lib/constants.ts": `export const TEXT = "text\\n";\n`,
    "app/lib/web.ts": `import { Image } from "layerwright";\nimport { TEXT } from "./constants.js";\nexport const web = Image.scratch().write("/web", TEXT);\n`,
    "app/lib/unrelated.ts": "export {};\n",
    "app/api/index.js": "1\n",
    "app/api/README.md": "1\n",
    "app/worker/a": "1\n",
    "app/worker/docs/b.md": "1\n",
    "app/worker/ignored": "1\n",
    "app/.dockerignore": "worker/ignored\n",
    "shared/file": "1\n",
  });
  const dest = join(folder, "base-layout");
  await build(Image.scratch().write("/etc/base", "1"), {
    platform: "linux/amd64",
    reference: "base:v1",
    store: join(project.folder, ".store"),
    output: { type: "layout", dest },
  });
  expect(Base.layout(dest)).toBeDefined();
});

const lw = async (...args: string[]) => {
  const ran = await project.run(["--app", "app/catalog.ts", "--quiet", ...args]);
  expect(ran).toMatchObject({ code: 0 });
  return ran.stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "");
};
const affected = (...files: string[]) =>
  lw("ls", ...files.flatMap((file) => ["--affected-by", `app/${file}`]));

describe("--affected-by", () => {
  const all = ["base", "api/server", "api/worker", "tool", "copied", "web"];
  it.each([
    ["a source of an image, with what copies from that", ["worker/a"], ["api/worker", "copied"]],
    ["a module with steps", ["lib/web.ts"], ["web"]],
    ["a module without any, which may mean every image", ["lib/constants.ts"], all],
    [
      "a module that is not imported, and a file that is excluded",
      ["lib/unrelated.ts", "worker/docs/b.md"],
      [],
    ],
    ["two files", ["api/index.js", "../shared"], ["api/server", "tool"]],
  ] as const)("%s", async (_, files, names) => {
    expect(await affected(...files)).toEqual(names);
  });

  it("narrows what was named, and says when nothing is left", { timeout: 120_000 }, async () => {
    expect(await lw("ls", "@nightly", "--affected-by", "app/lib/constants.ts")).toEqual([
      "api/server",
      "api/worker",
      "web",
    ]);
    const none = await project.run([
      "--app",
      "app/catalog.ts",
      "build",
      "web",
      "--affected-by",
      "app/api/index.js",
    ]);
    expect(none).toMatchObject({ code: 0, stdout: "" });
    expect(none.stderr).toContain("no image is made from app/api/index.js");
    // Neither an engine nor a registry is looked for then.
    const env = { DOCKER_HOST: "unix:///not/there.sock" };
    for (const command of ["load", "push"]) {
      const words = ["--app", "app/catalog.ts", command, "--affected-by", "app/lib/unrelated.ts", "--json"];
      const ran = await project.run(words, env);
      expect(JSON.parse(ran.stdout)).toEqual({ catalog: "acme", images: [] });
    }
  });
});

describe("the modules of a program", () => {
  it("are those that are imported by relative paths", () => {
    const modules = importedModules(join(folder, "catalog.ts"));
    expect([...modules].map((file) => file.slice(folder.length + 1)).sort()).toEqual([
      "catalog.ts",
      "lib/constants.ts",
      "lib/web.ts",
    ]);
  });
});

describe("--changed", () => {
  it("is what was never built, or is no longer as it was built", { timeout: 120_000 }, async () => {
    await lw("build", "tool", "api/*", "--no-lock");
    expect(readFileSync(join(folder, "layerwright.out/api/server.tar")).length).toBeGreaterThan(0);
    project.write({ "app/api/index.js": "2\n" });
    expect(await lw("ls", "--changed", "tool", "api/*", "web")).toEqual(["api/server", "web"]);
  });
});
