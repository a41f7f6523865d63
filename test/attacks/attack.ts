import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Image, isLayerwrightError, StepError } from "layerwright";
import { afterAll, expect, type TestContext } from "vitest";
import type { Sandbox } from "../../src/ports/sandbox.js";
import { bothWays, type ContextFile, type Way } from "../faults/on-bases.js";
import { baseFrom, baseImage } from "../fixtures/base-kinds.js";
import { buildIn } from "../fixtures/sandbox-build.js";
import type { TarInput } from "../fixtures/tar-bytes.js";

/** A directory of this machine that no image may change, with one file; absolute. */
export const HOST = mkdtempSync(join(tmpdir(), "layerwright-host-"));
mkdirSync(join(HOST, "pts"));
for (const name of ["ptmx", "null", "resolv.conf", "hosts", "console", "stub"])
  writeFileSync(join(HOST, name), `${name} of the host\n`);
afterAll(() => rmSync(HOST, { recursive: true, force: true }));

/** Something hostile that is built, with how the direct build has to end. */
export interface Attack {
  readonly name: string;
  /** What the base has beside the tools of busybox. */
  readonly layer?: readonly TarInput[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, ContextFile>>;
  readonly image?: (base: Image) => Image;
  /** `built`, `failed` (the command was told that it may not) or the code of a refusal. */
  readonly ends: string;
}

const none = { network: "none" } as const;

/** A command that needs nothing but its sandbox. */
export const runsPlainly = (base: Image): Image => base.run(": > /made", none);

/** Builds an attack directly and with BuildKit, and gives a row of the report. */
export async function attempt(test: TestContext, attack: Attack): Promise<readonly string[]> {
  const before = hostState();
  const { name, layer, config, context = {}, image = runsPlainly, ends } = attack;
  const variant = { ...(layer && { layer }), ...(config && { config }) };
  const [built] = await bothWays(test, image, { kinds: ["busybox"], places: ["disk"], variant, context });
  expect(hostState(), "the host's directory").toEqual(before);
  const { direct, dockerfile } = built!;
  expect(`${name}: ${wordsOf(direct)}`, "message" in direct ? direct.message : "").toBe(`${name}: ${ends}`);
  return [name, wordsOf(direct), wordsOf(dockerfile)];
}

function wordsOf(way: Way): string {
  if ("listing" in way) return "built";
  return "refused" in way ? way.refused : "failed";
}

/** Everything that could change in the host's directory. */
function hostState(): readonly string[] {
  return readdirSync(HOST, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { mode, uid, ino, mtimeMs, size } = statSync(join(HOST, name));
      return [name, mode, uid, ino, mtimeMs, size].join(" ");
    });
}

const REPORT = fileURLToPath(new URL("report.md", import.meta.url));

/** Builds an attack directly alone, in a sandbox of the test's choice. */
export async function attemptIn(sandbox: Sandbox, work: string, attack: Attack): Promise<void> {
  const before = hostState();
  const { name, layer, config, context = {}, image = runsPlainly, ends } = attack;
  const base = baseImage("busybox", { ...(layer && { layer }), ...(config && { config }) });
  if (typeof base === "string") throw new Error(base);
  const folder = mkdtempSync(join(work, "attack-"));
  writeContext(folder, context);
  let end = "built";
  try {
    const described = image(Image.from(baseFrom(base, "disk")));
    await buildIn(described, { sandbox, context: folder, work, cache: false });
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    end = error instanceof StepError ? "failed" : error.code;
  }
  expect(hostState(), "the host's directory").toEqual(before);
  // That there is no shell is found before a build, which here is left out: the command is started.
  expect(`${name}: ${end}`).toBe(`${name}: ${ends === "NO_SHELL" ? "failed" : ends}`);
}

function writeContext(folder: string, files: Readonly<Record<string, ContextFile>>): void {
  for (const [path, content] of Object.entries(files)) {
    if (typeof content === "string") writeFileSync(join(folder, path), content);
    else if ("link" in content) symlinkSync(content.link, join(folder, path));
    else throw new Error(`no attack has such a file: ${path}`);
  }
}

/** The lines of a table of Markdown, the first row its head, in the form that the formatter gives it. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = cells[0]!.map((_, at) => Math.max(3, ...cells.map((row) => row[at]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  const [head = [], ...rest] = cells;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)];
}

/** Compares a table of the report with what was seen; `UPDATE_GOLDEN=1` writes it. */
export function expectReported(title: string, rows: readonly (readonly string[])[]): void {
  const text = readFileSync(REPORT, "utf8");
  const [before, after] = [`<!-- ${title} -->\n`, `<!-- end of ${title} -->`];
  const [start, end] = [text.indexOf(before) + before.length, text.indexOf(after)];
  if (start < before.length || end < start) throw new Error(`the report has no table of ${title}`);
  const table = ["", ...aligned([["attempt", "direct build", "BuildKit"], ...rows]), "", ""].join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1")
    writeFileSync(REPORT, text.slice(0, start) + table + text.slice(end));
  else expect(text.slice(start, end), "UPDATE_GOLDEN=1 writes it").toBe(table);
}
