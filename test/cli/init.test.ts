import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Project } from "./cli-support.js";

const project = new Project({});
afterAll(() => project.remove());

describe("init", () => {
  it("writes a catalog that builds at once, and never over a file", async () => {
    const ran = await project.run(["init", "my images", "--json"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      name: "my-images",
      files: ["catalog.ts", "site/index.html", "package.json", ".gitignore"],
    });
    const folder = join(project.folder, "my images");
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toContain("layerwright.out/\n");
    expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({ type: "module" });

    const built = await project.run(["build", "--app", "my images/catalog.ts"]);
    expect(built.code).toBe(0);
    expect(existsSync(join(folder, "layerwright.out/site.tar"))).toBe(true);

    const again = await project.run(["init", "my images"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("error INIT_EXISTS: catalog.ts, site/index.html exist already");
  });
});

describe("doctor", () => {
  it("names what it checked, warns of two copies, and fails when the store cannot be written", async () => {
    const ran = await project.run(["doctor", "--json"]);
    expect(ran.code).toBe(0);
    const { ok, findings } = JSON.parse(ran.stdout);
    expect(ok).toBe(true);
    const verdicts = Object.fromEntries(
      findings.map(({ check, verdict }: { check: string; verdict: string }) => [check, verdict]),
    );
    expect(verdicts).toMatchObject({ node: "ok", tsx: "ok", catalog: "warn", copies: "warn", store: "ok" });
    const broken = await project.run(["doctor", "--store", "/dev/null/store"]);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/^fail +store +\/dev\/null\/store cannot be written: ENOTDIR$/m);
  });
});
