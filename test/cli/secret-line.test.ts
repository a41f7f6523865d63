import { afterAll, beforeAll, expect, it } from "vitest";
import { Project } from "./cli-support.js";

const TOKEN = `ghp_${"a1B2".repeat(9)}`;

let project: Project;
beforeAll(() => {
  project = new Project({
    "catalog.ts": `import { Catalog, Image } from "layerwright";
const secret = Image.scratch().env({ TOKEN: "${TOKEN}" });
export default new Catalog("acme", { secret });
`,
  });
});
afterAll(() => project.remove());

it.each([
  ["synth", "secret"],
  ["build", "secret"],
  ["build", "secret", "--json"],
])("S10: %s %s shows no line that holds a secret %s", async (...args) => {
  const { code, stdout, stderr } = await project.run(args);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain("SECRET_IN_IMAGE");
  expect(stdout + stderr).toContain("catalog.ts");
  expect(stdout + stderr).not.toContain(TOKEN);
});
