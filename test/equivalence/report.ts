import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How one case went with one builder. */
export interface Outcome {
  readonly name: string;
  readonly builder: string;
  /** `same`, `built` (there is no direct build to compare with), `refused CODE`, `text only`, `left out`, `different`, `failed`. */
  readonly result: string;
  readonly differences: readonly string[];
  /** Reasons of differences that are the builder's own. */
  readonly known: readonly string[];
}

/** The outcomes as a table in markdown: a row a case, a column a builder. */
export function reportText(outcomes: readonly Outcome[]): string {
  const columns = [...new Set(outcomes.map(({ builder }) => builder))];
  const rows = [...new Set(outcomes.map(({ name }) => name))];
  const notes = [...new Set(outcomes.flatMap(({ known }) => known))];
  const cell = (name: string, builder: string): string => {
    const outcome = outcomes.find((one) => one.name === name && one.builder === builder);
    if (outcome === undefined) return "";
    const marks = [...new Set(outcome.known)].map((reason) => `[${notes.indexOf(reason) + 1}]`).join("");
    return `${outcome.result}${marks === "" ? "" : ` ${marks}`}`;
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const compared = outcomes.filter(({ result }) => result === "same" || result === "different");
  const different = outcomes.filter(({ result }) => result === "different" || result === "failed");
  return [
    "# Equivalence\n\n",
    "The direct build of every case and example against its Dockerfile, built by real builders. `same`: root file\n",
    "system, config and layers are equal. `built`: the image has a registry base, so that there is no direct build to\n",
    "compare with; the builder made it. `refused`: the dialect cannot say it, and says so by code.\n",
    "An empty cell: not built with this one (LAYERWRIGHT_EVERY_BUILDER=1 builds every case with every builder).\n\n",
    `${rows.length} cases, ${columns.length} builders, ${compared.length} comparisons, `,
    `${different.length === 0 ? "no" : different.length} differences.\n\n`,
    line(["case", ...columns]),
    line(["---", ...columns.map(() => "---")]),
    ...rows.map((name) => line([name, ...columns.map((builder) => cell(name, builder))])),
    ...(notes.length === 0 ? [] : ["\nDifferences that are the builder's own:\n\n"]),
    ...notes.map((reason, index) => `${index + 1}. ${reason}\n`),
  ].join("");
}

/** Prints the report; under `UPDATE_GOLDEN=1` it is also written beside the tests. */
export function publish(outcomes: readonly Outcome[]): void {
  const text = reportText(outcomes);
  process.stdout.write(`\n${text}\n`);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    writeFileSync(fileURLToPath(new URL("report.md", import.meta.url)), text);
  }
}
