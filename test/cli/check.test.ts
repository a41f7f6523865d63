import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Project } from "./cli-support.js";

const catalog = `import { Catalog, Image, maxSize, noSetuid, nonRoot, policy } from "layerwright";
const app = Image.scratch()
  .write("/bin/tool", "1", { mode: 0o4755 })
  .suppress("NO_SETUID", "the tool needs to be it");
const web = Image.scratch()
  .write("/big", "x".repeat(9_000))
  .user(65532);
const named = policy("NAMED", ({ name, built }) =>
  name === "web" ? { message: "its name is web", fix: "call it site" } : undefined, { severity: "warning" });
export default new Catalog("acme", { app, web }, {
  platforms: ["linux/amd64"],
  policies: [nonRoot({ images: "app" }), noSetuid(), maxSize("8kB"), named],
});
`;

const project = new Project({ "catalog.ts": catalog });
const soft = new Project({
  "catalog.ts": catalog
    .replace('maxSize("8kB")', 'maxSize("8MB")')
    .replace('images: "app"', 'images: "none"'),
});
const planOnly = new Project({ "catalog.ts": catalog.replace('noSetuid(), maxSize("8kB"), ', "") });
const without = new Project({
  "catalog.ts": `import { Catalog, Image } from "layerwright";
export default new Catalog("acme", { app: Image.scratch() });
`,
});
afterAll(() => {
  for (const one of [project, soft, planOnly, without]) one.remove();
});

describe("layerwright check", () => {
  it("shows findings by image, with the line and what to do, and exits with 1", async () => {
    const { code, stdout, stderr } = await project.run(["check", "--progress", "quiet"]);
    expect(stderr).toBe("");
    expect(stdout).toBe(`app
  error NON_ROOT: catalog.ts:3 a container of it runs as root (it names no user)
    fix: add .user(65532), or .with(nonRoot())

web
  error MAX_SIZE: catalog.ts:6 it has 10.8 kB, allowed are 8 kB; the largest layer is the one of write /big with 10.8 kB
    fix: make that layer smaller, or start from a smaller base
  warning NAMED: its name is web
    fix: call it site

2 images: 2 errors, 1 warning, 1 suppressed
`);
    expect(code).toBe(1);
  });

  it("gives suppressed findings with their reason as JSON, and a file for code scanning", async () => {
    const { code, stdout } = await project.run(["check", "app", "--json", "--sarif", "found.sarif"]);
    expect(code).toBe(1);
    const { catalog, images, findings, errors, suppressed } = JSON.parse(stdout);
    expect({ catalog, images, errors, suppressed }).toEqual({
      catalog: "acme",
      images: ["app"],
      errors: 1,
      suppressed: 1,
    });
    expect(findings[1]).toEqual({
      code: "NO_SETUID",
      severity: "error",
      image: "app",
      message: "/bin/tool is setuid (4755, of 0:0)",
      fix: expect.any(String),
      origin: { file: "catalog.ts", line: 3 },
      suppressed: { reason: "the tool needs to be it", origin: { file: "catalog.ts", line: 4 } },
    });
    const sarif = JSON.parse(readFileSync(join(project.folder, "found.sarif"), "utf8"));
    const [{ results, tool }] = sarif.runs;
    expect(tool.driver.rules).toEqual([{ id: "NON_ROOT" }, { id: "NO_SETUID" }]);
    expect(results[0]).toMatchObject({
      ruleId: "NON_ROOT",
      level: "error",
      locations: [
        { physicalLocation: { artifactLocation: { uri: "catalog.ts" }, region: { startLine: 3 } } },
      ],
    });
    expect(results[1].suppressions).toEqual([{ kind: "inSource", justification: "the tool needs to be it" }]);
  });

  it("exits with 0 on warnings, and with 1 under --strict", async () => {
    expect((await soft.run(["check", "web"])).code).toBe(0);
    expect((await soft.run(["check", "web", "--strict"])).code).toBe(1);
    expect((await soft.run(["check", "app", "--strict"])).code).toBe(0);
  });

  it("builds nothing under --plan-only, nor where no policy looks at a built image", async () => {
    const { code, stdout } = await without.run(["check"]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("has no policies") });
    const plan = await planOnly.run(["check"]);
    expect(plan).toMatchObject({ code: 1, stderr: "" });
    expect(existsSync(join(planOnly.folder, ".store"))).toBe(false);
    const early = await project.run(["check", "--plan-only", "web"], {
      LAYERWRIGHT_CACHE: join(project.folder, ".no"),
    });
    expect(early.code).toBe(0);
    expect(early.stdout).toContain("not asked: policies over the built image web (--plan-only)");
    expect(existsSync(join(project.folder, ".no"))).toBe(false);
  });
});

describe("layerwright build, of a catalog with policies", () => {
  it("fails at the plan's errors before anything is built", async () => {
    const { code, stdout, stderr } = await project.run(["build", "app", "--json", "--progress", "quiet"]);
    expect(code).toBe(3);
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({ code: "POLICIES_BROKEN", where: { file: "catalog.ts", line: 3 } });
    expect(error.message).toContain("NON_ROOT app");
    expect(stderr).toBe("");
    expect(existsSync(join(project.folder, "layerwright.out"))).toBe(false);
  });

  it("fails at what the built image shows before anything is written", async () => {
    for (const args of [
      ["build", "web"],
      ["push", "web", "--to", "localhost:1"],
    ]) {
      const { code, stderr } = await project.run([...args, "--progress", "quiet"]);
      expect(code).toBe(3);
      expect(stderr).toContain("error POLICIES_BROKEN: the policies find an error, and nothing was written:");
      expect(stderr).toContain("MAX_SIZE web: it has 10.8 kB");
      expect(existsSync(join(project.folder, "layerwright.out"))).toBe(false);
    }
  });

  it("says warnings, writes the images, and remembers them", async () => {
    const { code, stderr } = await soft.run(["build", "--progress", "quiet"]);
    expect(code).toBe(0);
    expect(stderr).toContain("warning NAMED: its name is web");
    expect(existsSync(join(soft.folder, "layerwright.out/web.tar"))).toBe(true);
  });
});
