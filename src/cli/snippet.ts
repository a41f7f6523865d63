import { readFileSync } from "node:fs";
import { secretIn } from "../analyze/secrets/secret-text.js";
import type { Origin } from "../errors/origin.js";
import type { Paint } from "./paint.js";

const WIDTH = 140;

/** The user's line with its number, or nothing where it cannot be read or holds what looks like a secret. */
export function snippet(origin: Origin, paint: Paint): string {
  const line = lineOf(origin);
  if (line === undefined || line.trim() === "" || secretIn(line) !== undefined) return "";
  const number = `${origin.line}`;
  const gutter = paint.dim(`  ${number} | `);
  const shown = line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
  const { column } = origin;
  const caret =
    column === undefined || column > shown.length
      ? ""
      : `  ${" ".repeat(number.length)} ${paint.dim("|")} ${shown.slice(0, column - 1).replace(/[^\t]/g, " ")}${paint.red("^")}\n`;
  return `${gutter}${shown}\n${caret}`;
}

function lineOf(origin: Origin): string | undefined {
  try {
    return readFileSync(origin.file, "utf8").split(/\r?\n/)[origin.line - 1]?.trimEnd();
  } catch {
    return undefined;
  }
}
