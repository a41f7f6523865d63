import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Project, type Ran } from "./cli-support.js";

/** Two images on a third, with policies of which one looks at what was built, and layers that are decided. */
const catalog = `import { Catalog, Image, maxSize, nonRoot } from "layerwright";
const base = Image.scratch().write("/etc/motd", "acme\\n".repeat(500));
const api = Image.from(base).copy("site/", "/srv/").write("/srv/api", "1").user(65532).squash("auto");
const web = Image.from(base).copy("site/", "/srv/").write("/srv/web", "2").write("/srv/web", "3").user(65532);
export default new Catalog("acme", { base, api, web }, {
  platforms: ["linux/amd64", "linux/arm64"],
  policies: [nonRoot({ images: "*b" }), maxSize("1MB")],
  suppressions: [{ code: "NON_ROOT", image: "base", reason: "nothing runs in it" }],
});
`;

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

function projectOf(text: string): Project {
  const project = new Project({ "catalog.mjs": text, "site/index.html": "hello\n" });
  projects.push(project);
  return project;
}

const EPOCH = { SOURCE_DATE_EPOCH: "1700000000" };

/** What a verb gave: its result, or its error; and all files of the directory afterwards. */
interface Outcome {
  readonly result: unknown;
  readonly files: Readonly<Record<string, string>>;
}

async function byCommand(text: string, args: readonly string[]): Promise<Outcome> {
  const project = projectOf(text);
  const ran = await project.run([...args, "--json", "--app", "catalog.mjs", "--progress", "quiet"], EPOCH);
  return { result: answerOf(ran, project.folder), files: filesOf(project.folder) };
}

async function byFunction(text: string, call: string): Promise<Outcome> {
  const project = projectOf(text);
  project.write({
    "program.mjs": `import * as verbs from "layerwright";
const { platformText } = verbs;
try {
  const { default: catalog } = await import("./catalog.mjs");
  console.log(JSON.stringify(await (async () => { ${call} })()));
} catch (error) {
  console.log(JSON.stringify({ error: { code: error.code ?? error.stack, where: error.origin } }));
}
`,
  });
  const ran = await project.shell(`"${process.execPath}" program.mjs`, EPOCH);
  const files = Object.entries(filesOf(project.folder)).filter(([name]) => name !== "program.mjs");
  return { result: answerOf(ran, project.folder), files: Object.fromEntries(files) };
}

function answerOf({ stdout, stderr }: Ran, folder: string): unknown {
  const text = stdout.trim() === "" ? stderr : stdout;
  const answer = JSON.parse(text.replaceAll(folder, "DIRECTORY"));
  const { error } = answer;
  if (error === undefined) return answer;
  return { error: { code: error.code, line: error.where?.line } };
}

function filesOf(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (/^(\.store|node_modules)/.test(name) || !entry.isFile()) continue;
    files[name] = `${statSync(path).mode.toString(8)} ${readFileSync(path).toString("base64")}`;
  }
  return files;
}

async function same(text: string, args: readonly string[], call: string): Promise<Outcome> {
  const [command, verb] = [await byCommand(text, args), await byFunction(text, call)];
  expect(verb.result).toEqual(command.result);
  expect(Object.keys(verb.files)).toEqual(Object.keys(command.files));
  for (const [name, bytes] of Object.entries(verb.files))
    expect(bytes === command.files[name], name).toBe(true);
  return command;
}

const NAMED = `const named = Object.entries(built).flatMap(([name, results]) =>
  results.map((result) => ({ name, ...result, platform: platformText(result.platform) })));`;

describe("the command line and the functions of the package", () => {
  it.each<readonly [verb: string, args: readonly string[], call: string]>([
    [
      "build",
      ["build", "-o", "type=oci,dest=out/{name}.tar"],
      `const built = await verbs.build(catalog, { output: { type: "oci", dest: process.cwd() + "/out" } });
       ${NAMED}
       return { catalog: "acme", images: named };`,
    ],
    [
      "build for one platform",
      ["build", "--platform", "linux/arm64"],
      `const built = await verbs.build(catalog, { output: process.cwd() + "/layerwright.out", platforms: ["linux/arm64"] });
       ${NAMED}
       return { catalog: "acme", images: named };`,
    ],
    [
      "synth",
      ["synth"],
      `const { out, bake, images } = await verbs.synth(catalog);
       const texts = images.map((image) => ({ ...image, platforms: image.platforms.map(platformText) }));
       return { catalog: "acme", context: process.cwd(), out, bake, images: texts };`,
    ],
    [
      "lock",
      ["lock"],
      `const { path, written, changes } = await verbs.lock(catalog);
       return { lock: path, written, changes };`,
    ],
    [
      "lock --check",
      ["lock", "--check"],
      `const { path, missing, unused } = await verbs.lock(catalog, { check: true });
       return { lock: path, complete: missing.length + unused.length === 0, missing, unused };`,
    ],
    [
      "check",
      ["check"],
      `return { catalog: "acme", images: catalog.names, ...(await verbs.check(catalog)) };`,
    ],
    [
      "check --plan-only",
      ["check", "--plan-only"],
      `return { catalog: "acme", images: catalog.names, ...(await verbs.check(catalog, { planOnly: true })) };`,
    ],
    ["share", ["share"], `return { catalog: "acme", ...(await verbs.share(catalog)) };`],
    [
      "share --price",
      ["share", "--price"],
      `const [sharing, prices] = [await verbs.share(catalog), await verbs.priceSquash(catalog)];
       return { catalog: "acme", ...sharing, prices };`,
    ],
    ["waste", ["waste"], `return { images: Object.values(await verbs.waste(catalog)) };`],
    ["report", ["report"], `return await verbs.report(catalog);`],
  ])("give the same by %s", async (_, args, call) => {
    await same(catalog, args, call);
  });

  it.each<readonly [verb: string, call: string]>([
    ["build", 'await verbs.build(catalog, { output: "layerwright.out" })'],
    ["synth", "await verbs.synth(catalog)"],
    ["check", "await verbs.check(catalog)"],
    ["share", "await verbs.share(catalog)"],
    ["waste", "await verbs.waste(catalog)"],
    ["report", "await verbs.report(catalog)"],
  ])("fail alike by %s where a source is missing, and write nothing", async (verb, call) => {
    const { result, files } = await same(catalog.replaceAll("site/", "sites/"), [verb], call);
    expect(result).toEqual({ error: { code: "SOURCE_NOT_FOUND", line: 3 } });
    expect(Object.keys(files).filter((name) => name.startsWith("layerwright.out"))).toEqual([]);
  });

  it("fail alike where a policy finds an error, and write no image", async () => {
    const broken = catalog.replace('"1MB"', '"1kB"');
    const call = 'await verbs.build(catalog, { output: "layerwright.out" })';
    const { result, files } = await same(broken, ["build"], call);
    expect(result).toMatchObject({ error: { code: "POLICIES_BROKEN" } });
    expect(Object.keys(files).filter((name) => name.endsWith(".tar"))).toEqual([]);
  });

  it("fail alike where the lock is incomplete", async () => {
    const call = 'await verbs.build(catalog, { output: "layerwright.out", locked: true })';
    const { result } = await same(catalog, ["build", "--locked"], call);
    expect(result).toMatchObject({ error: { code: "LOCK_INCOMPLETE" } });
  });
});
