import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Project, runHere } from "./cli-support.js";

const catalog = `import { Catalog, Image } from "layerwright";
const api = Image.scratch().copy("site/", "/srv/").env("MODE", "dev").env("API_TOKEN", "s3cret-1");
const web = Image.from(api).write("/etc/motd", "hi\\n").write("/var/lib/dpkg/status.d/curl", "Package: curl\\nVersion: 1\\n");
export default new Catalog("acme", { api, web }, { platforms: ["linux/amd64"] });
`;

let project: Project;
beforeAll(() => {
  project = new Project({ "catalog.ts": catalog, "site/a": "1", "site/b": "2" });
});
afterAll(() => project.remove());

const told = (stdout: string) =>
  JSON.parse(stdout) as { images: { name: string; status: string; difference: never }[] };

describe("layerwright diff", () => {
  it("compares the catalog with its last build", { timeout: 120_000 }, async () => {
    const first = await project.run(["diff"]);
    expect([first.code, first.stdout]).toEqual([
      0,
      "api linux/amd64 new: never built with this store\nweb linux/amd64 new: never built with this store\n",
    ]);
    expect((await project.run(["build", "-q"])).code).toBe(0);
    const same = await project.run(["diff", "--exit-code"]);
    expect([same.code, same.stdout]).toEqual([
      0,
      "api linux/amd64 no differences\nweb linux/amd64 no differences\n",
    ]);

    project.write({
      "catalog.ts": catalog
        .replace('"dev"', '"prod"')
        .replace("s3cret-1", "s3cret-2")
        .replace("Version: 1", "Version: 2"),
      "site/a": "one",
      "site/c": "3",
    });
    const changed = await project.run(["diff", "web", "--exit-code"]);
    expect(changed.code).toBe(1);
    const lines = changed.stdout.split("\n").map((line) => line.replace(/\s+/g, " ").trim());
    expect(lines).toContain("~ Env MODE dev -> prod catalog.ts:2");
    expect(lines).toContain("~ /srv/a content 1 B -> 3 B (+2 B) catalog.ts:2");
    expect(lines).toContain("files 1 added, 2 changed, +3 B");
    expect(lines).toContain("~ curl 1 -> 2 dpkg catalog.ts:3");
    // A token is in no log.
    expect(changed.stdout).toContain("API_TOKEN");
    expect(changed.stdout).not.toContain("s3cret");

    const quiet = await project.run(["diff", "-q"]);
    expect([quiet.code, quiet.stdout]).toEqual([0, "api\nweb\n"]);
    const json = told((await project.run(["diff", "a*", "--json"])).stdout);
    expect(json.images.map(({ name, status }) => [name, status])).toEqual([["api", "changed"]]);
    expect(json.images[0]?.difference).toMatchObject({
      config: [{ key: "API_TOKEN" }, { key: "MODE" }, { field: "history" }],
      files: [{ path: "/srv/a" }, { path: "/srv/c" }],
    });
  });

  it("compares any two images", { timeout: 120_000 }, async () => {
    expect((await project.run(["build", "-q", "-o", "type=archive,dest=out/{name}.tar"])).code).toBe(0);
    const two = await project.run(["diff", "api", "web", "--files"]);
    expect(two.stdout).toMatch(/^web linux\/amd64 against api /);
    expect(two.stdout).toMatch(/\+ {2}\/etc\/motd +\+3 B +catalog\.ts:3/);
    const mixed = await project.run(["diff", "out/web.tar", "web", "--exit-code"]);
    expect([mixed.code, mixed.stdout]).toEqual([0, "web linux/amd64 against out/web.tar no differences\n"]);
    const found = await project.run(["diff", "out/api.tar", "out/web.tar", "--exit-code", "--json"]);
    expect(found.code).toBe(1);
    expect(told(found.stdout)).not.toHaveProperty("catalog");
    const epoch = { SOURCE_DATE_EPOCH: "1700000000" };
    const later = await project.run(["build", "api", "-q", "-o", "later.tar"], epoch);
    expect(later.code).toBe(0);
    const times = await project.run(["diff", "out/api.tar", "later.tar", "--times"]);
    expect(times.stdout).toContain("created");
  });

  it.each([[["a.tar"]], [["api", "web", "./a.tar"]], [["a*", "b.tar"]]])(
    "refuses %j, which has no last build",
    async (operands) => {
      const { code, stderr } = await runHere(["diff", ...operands]);
      expect([code, stderr.split(":")[0]]).toEqual([2, "error DIFF_OPERANDS"]);
    },
  );
});
