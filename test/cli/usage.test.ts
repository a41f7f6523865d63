import { afterAll, describe, expect, it } from "vitest";
import { Project, runHere, twoImages } from "./cli-support.js";

const project = new Project({ "catalog.ts": twoImages, "site/index.html": "hi\n" });
const empty = new Project({});
afterAll(() => {
  project.remove();
  empty.remove();
});

/** What is typed, the code of the error, and a word that has to be in what is said. */
const mistakes: readonly (readonly [string, string, string])[] = [
  ["sinth", "COMMAND_LINE_INVALID", "did you mean synth?"],
  ["ls --jsn", "COMMAND_LINE_INVALID", "did you mean --json?"],
  ["build --compresion gzip", "COMMAND_LINE_INVALID", "did you mean --compression?"],
  ["inspect", "COMMAND_LINE_INVALID", "layerwright inspect --help"],
  ["doctor now", "COMMAND_LINE_INVALID", "layerwright doctor --help"],
  ["ls --progress fast", "COMMAND_LINE_INVALID", "auto, tty, plain, quiet"],
  ["synth --plan --stdout", "COMMAND_LINE_INVALID", "--plan and --stdout"],
  ["build --json -o -", "COMMAND_LINE_INVALID", "standard output"],
  ["build --compression lzma", "OPTION_VALUE_INVALID", "gzip:1 to gzip:9"],
  ["build --platform linux", "OPTION_VALUE_INVALID", "os/architecture"],
  ["build --tag acme//app", "OPTION_VALUE_INVALID", "acme/app:v1"],
  ["build -o type=zip,dest=a", "OPTION_VALUE_INVALID", "archive|oci|layout|rootfs"],
  ["cache prune --max-size big", "OPTION_VALUE_INVALID", "10GB"],
  ["cache prune --older-than 3y", "OPTION_VALUE_INVALID", "30d"],
];

describe("a wrong command line", () => {
  it.each(mistakes)("%s is refused with %s on standard error", async (line, code, word) => {
    const ran = await runHere(line.split(" "));
    expect(ran.code).toBe(2);
    if (line.includes("--json")) {
      expect(JSON.parse(ran.stdout).error.code).toBe(code);
      return;
    }
    expect(ran.stderr).toMatch(new RegExp(`^error ${code}: `));
    expect(ran.stderr).toContain(word);
    expect(ran.stdout).toBe("");
  });

  it("an image that the catalog does not have: IMAGE_UNKNOWN with the name that was meant", async () => {
    const ran = await project.run(["ls", "wbe"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('error IMAGE_UNKNOWN: the catalog has no image "wbe"; it has api, web');
    expect(ran.stderr).toContain("hint: did you mean web?");
  });

  it("several images where one is meant: IMAGE_AMBIGUOUS", async () => {
    const ran = await project.run(["synth", "--stdout"]);
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("error IMAGE_AMBIGUOUS: --stdout must have exactly one image");
  });

  it("several images for one file: OUTPUT_SHARED", async () => {
    const ran = await project.run(["build", "-o", "all.tar"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("error OUTPUT_SHARED: 2 images cannot all be written to all.tar: api, web");
  });

  it("no catalog: CATALOG_NOT_FOUND says what was looked for", async () => {
    const ran = await empty.run(["ls"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("looked for catalog.ts, catalog.mts, catalog.js, catalog.mjs");
    const named = await empty.run(["ls"], { LAYERWRIGHT_APP: "mine.ts" });
    expect(named.stderr).toContain("looked for mine.ts");
  });

  it("is one JSON document under --json", async () => {
    const ran = await project.run(["ls", "--json", "nope"]);
    expect(ran.code).toBe(2);
    const { error } = JSON.parse(ran.stdout);
    expect(error).toMatchObject({ code: "IMAGE_UNKNOWN", where: null, docs: "docs/errors.md#image_unknown" });
    expect(Object.keys(error).sort()).toEqual(["code", "docs", "hint", "message", "where"]);
    expect(ran.stderr).toBe("noise of the user\n");
  });
});

describe("help", () => {
  it("lists commands, examples and exit codes on standard output", async () => {
    const ran = await empty.run(["--help"]);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    for (const word of ["init", "synth|synthesize", "Examples:", "Exit codes:", "LAYERWRIGHT_APP"]) {
      expect(ran.stdout).toContain(word);
    }
  });

  it.each([
    "init",
    "ls",
    "synth",
    "build",
    "inspect",
    "explain",
    "waste",
    "doctor",
    "login",
    "logout",
    "cache",
    "cache prune",
  ])("of %s has at least two examples", async (name) => {
    const ran = await runHere([...name.split(" "), "--help"]);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout.match(/^ {2}\$ layerwright /gm)?.length).toBeGreaterThanOrEqual(2);
  });

  it("without a command is a mistake, and prints the help to standard error", async () => {
    const ran = await runHere([]);
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("Usage: layerwright");
  });

  it("--version prints the version alone", async () => {
    const ran = await runHere(["--version"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });
});
