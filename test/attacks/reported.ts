import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, type TestContext } from "vitest";
import { bothWays, type Way } from "../faults/on-bases.js";
import { type Attack, hostState, runsPlainly } from "./attack.js";

const REPORT = fileURLToPath(new URL("report.md", import.meta.url));

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
export function expectReported(
  title: string,
  rows: readonly (readonly string[])[],
  head: readonly string[] = ["attempt", "direct build", "BuildKit"],
): void {
  const text = readFileSync(REPORT, "utf8");
  const [before, after] = [`<!-- ${title} -->\n`, `<!-- end of ${title} -->`];
  const [start, end] = [text.indexOf(before) + before.length, text.indexOf(after)];
  if (start < before.length || end < start) throw new Error(`the report has no table of ${title}`);
  const table = ["", ...aligned([head, ...rows]), "", ""].join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1")
    writeFileSync(REPORT, text.slice(0, start) + table + text.slice(end));
  else expect(text.slice(start, end), "UPDATE_GOLDEN=1 writes it").toBe(table);
}
