import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { paintOf, paintWith, terminalText } from "../../src/cli/terminal.js";
import { shownLine, shownText } from "../../src/core/shown-text.js";
import { EnvironmentError } from "../../src/errors/layerwright-error.js";
import { Project } from "./cli-support.js";

/** What no output may hold: controls but for line breaks and tabs, what is invisible, and what turns text around. */
const OBEYED = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** One of each kind: an escape sequence, a C1 one, bidirectional overrides and isolates, marks, a runner's command. */
const ODD = "a\u001b[31mb\u009b31mc\u202ed\u2066e\u200ff\u061cg\u2028h\u007fi\rj";

describe("T10: text by others", () => {
  test("has its controls escaped as in JSON, and nothing else", () => {
    expect(shownText(ODD)).toBe(
      "a\\u001b[31mb\\u009b31mc\\u202ed\\u2066e\\u200ff\\u061cg\\u2028h\\u007fi\\u000dj",
    );
    const plain = "plain ünïcödé 漢字 العربية हिन्दी 👍🏽 👨‍👩‍👧 \u200c\ttab\nline\n";
    expect(shownText(plain)).toBe(plain);
    expect(shownText("\u{e0041}\ud800x\udfff")).toBe("\\udb40\\udc41\\ud800x\\udfff");
    expect(shownLine("one\r\n\ttwo\u001b")).toBe("one two\\u001b");
  });

  test("in a document of JSON stays the same value", () => {
    const value = { [ODD]: [ODD, "\u{e0041}"] };
    const text = shownText(JSON.stringify(value, null, 2));
    expect(text).not.toMatch(OBEYED);
    expect(JSON.parse(text)).toEqual(value);
  });

  test("has no colours of its own where ours are on", () => {
    const stream = { isTTY: true } as NodeJS.WriteStream;
    const paint = paintOf({ color: true }, stream);
    expect(terminalText(`${paint.red("\u001b[32mgreen\u001b[0m")} ${paintWith(true).bold("b")}`)).toBe(
      "\u001b[31m\\u001b[32mgreen\\u001b[0m\u001b[39m \\u001b[1mb\\u001b[22m",
    );
  });

  test("is no command to the runner of a build service", () => {
    expect(terminalText("one\n::error::x\n  ::set-output name=a::b\n##[group]\n##vso[task]\na ::b\n")).toBe(
      "one\n\\::error::x\n  \\::set-output name=a::b\n\\##[group]\n\\##vso[task]\na ::b\n",
    );
  });

  test("in a message of an error is escaped, whoever prints it", () => {
    const error = new EnvironmentError("STORE_UNSAFE", { folder: ODD, reason: ODD });
    expect(error.message).not.toMatch(OBEYED);
    expect(error.hint).not.toMatch(OBEYED);
  });

  test("is written by one function alone", () => {
    const source = fileURLToPath(new URL("../../src/cli/", import.meta.url));
    const writing = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .filter((name) =>
        /(stdout|stderr|stream)\.write\(|console\./.test(readFileSync(join(source, name), "utf8")),
      );
    // main.ts flushes, session.ts gives a program a file byte for byte, preload.ts runs in the user's process.
    expect(writing.sort()).toEqual(["load/preload.ts", "main.ts", "session.ts", "terminal.ts"]);
  });
});

describe("T10: names with controls", () => {
  const odd = JSON.stringify("exe\u202egnp.\u2066x\u009b2J");
  const project = new Project({
    "catalog.ts": `import { Catalog, Image } from "layerwright";
const app = Image.scratch().write("/srv/" + ${odd}, "x").label("note", ${odd}).env("NOTE", ${odd});
const web = Image.from(app).write("/srv/" + ${odd}, "twice").chmod("/srv/" + ${odd}, 0o600);
export default new Catalog("acme", { app, web }, { platforms: ["linux/amd64"] });
`,
  });
  afterAll(() => project.remove());

  test("reach neither the terminal nor the page", { timeout: 300_000 }, async () => {
    const built = await project.run(["build", "web", "-o", "web.tar"]);
    expect(built.stderr).not.toMatch(OBEYED);
    expect(built).toMatchObject({ code: 0 });
    const commands = [
      ["ls"],
      ["explain", "web"],
      ["inspect", "web.tar", "--files"],
      ["diff", "app", "web"],
      ["waste", "web"],
      ["share"],
      ["synth"],
      ["report", "--out", "page.html"],
      ["build", "missing"],
      ["build", "mis\u202esing"],
      ["\u001b[2J"],
    ];
    const forms = [[], ["--json"], ["--color"]];
    for (const [at, args] of commands.entries()) {
      const form = forms[at % forms.length]!;
      const { stdout, stderr } = await project.run([...args, ...form]);
      const text = form[0] === "--color" ? (stdout + stderr).replace(/\u001b\[\d+m/g, "") : stdout + stderr;
      expect(text, [...args, ...form].join(" ")).not.toMatch(OBEYED);
      if (form[0] === "--json") JSON.parse(stdout);
    }
    expect(readFileSync(join(project.folder, "page.html"), "utf8")).not.toMatch(
      /[\u202a-\u202e\u2066-\u2069\u009b]/,
    );
    const shown = await project.run(["inspect", "web.tar", "--files"]);
    expect(shown.stdout).toContain("exe\\u202egnp.\\u2066x\\u009b2J");
  });

  test("are what they are in a Dockerfile that a program reads", async () => {
    const { stdout } = await project.run(["synth", "app", "--stdout"]);
    expect(stdout).toContain("exe\u202egnp.");
  });
});
