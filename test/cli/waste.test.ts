import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WasteReport } from "../../src/analyze/waste/waste-report.js";
import { Project } from "./cli-support.js";

const catalog = `import { Catalog, Image } from "layerwright";
const parent = Image.scratch().write("/var/log/first.log", "1".repeat(100));
const api = Image.from(parent)
  .copy("d", "/srv/")
  .layer("again", (it) => it.write("/srv/a", "b".repeat(2000)));
export default new Catalog("acme", { parent, api }, { platforms: ["linux/amd64"] });
`;

let project: Project;
beforeAll(async () => {
  project = new Project({ "catalog.ts": catalog, "d/a": "a".repeat(3000) });
  expect((await project.run(["build", "api", "-o", "api.tar"])).code).toBe(0);
});
afterAll(() => project.remove());

async function reports(...args: string[]): Promise<readonly WasteReport[]> {
  const { code, stdout, stderr } = await project.run(["waste", "--json", ...args]);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { images: WasteReport[] }).images;
}

describe("waste", () => {
  it("prints figures, bytes, lines and fixes", async () => {
    const { code, stdout } = await project.run(["waste", "api"]);
    expect(code).toBe(0);
    expect(
      stdout,
    ).toBe(`api linux/amd64: efficiency 41.1 % (own layers 40 %), waste 3.1 kB of 5.1 kB (own layers 3 kB)
    3 kB  overwritten: by a later layer, 1 file
          catalog.ts:4 layer 2: copy d /srv/
          by catalog.ts:5 layer 3: again: write /srv/a
          /srv/a
          fix: leave it out of the first copy with exclude: [...], or squash("own")
   100 B  log: written while the image was made, 1 file
          catalog.ts:2 layer 1 of the base: write /var/log/first.log
          /var/log/first.log
          fix: do not write it into the image
`);
  });

  it("looks at the whole catalog, or at an archive without the lines", async () => {
    expect((await reports()).map(({ image }) => image)).toEqual(["parent", "api"]);
    const [api] = await reports("api");
    const [found] = await reports("api.tar", "--platform", "linux/amd64");
    expect(found).toMatchObject({ image: "api.tar", digest: api!.digest, wastedBytes: api!.wastedBytes });
    expect(found!.rows.map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ["overwritten", 3000],
      ["log", 100],
    ]);
    expect(found!.rows.some(({ origin, by }) => origin !== undefined || by?.origin !== undefined)).toBe(
      false,
    );
    // What of an archive is a base's cannot be told.
    expect(found!.own.contentBytes).toBe(found!.contentBytes);
  });

  it("--min leaves small rows out, and the figures as they are", async () => {
    const [api] = await reports("api", "--min", "1kB");
    expect(api!.rows.map(({ kind }) => kind)).toEqual(["overwritten"]);
    expect(api!.wastedBytes).toBe(3100);
    const refused = await project.run(["waste", "api", "--min", "much"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("OPTION_VALUE_INVALID");
  });

  it("--quiet is the bytes alone", async () => {
    expect((await project.run(["waste", "--quiet"])).stdout).toBe("parent 100\napi 3100\n");
  });
});
