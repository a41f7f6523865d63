import { fileURLToPath } from "node:url";
import { DefinitionError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import { codedFailure, type Failure } from "../failure.js";
import type { LoadRequest } from "./loaded-catalog.js";

const SHOWN_FRAMES = 5;

/** What the user's program threw, as data: our own errors as they are, others with the frames that are the user's. */
export function programFailure(request: LoadRequest, error: unknown): Failure {
  const coded = codedFailure(error);
  if (coded !== undefined) return coded;
  const syntax = syntaxErrorOf(error);
  const reason = syntax?.reason ?? reasonOf(error);
  const failure = new DefinitionError("USER_PROGRAM_FAILED", { file: request.shown, reason });
  const frames = syntax === undefined ? userFrames(error) : [];
  const origin = syntax?.origin ?? originOfFrame(frames[0]);
  return {
    kind: "DefinitionError",
    code: failure.code,
    message: failure.shortMessage,
    hint: failure.hint,
    ...(origin === undefined ? {} : { origin }),
    ...(frames.length < 2 ? {} : { detail: frames.map((frame) => `    ${frame}`).join("\n") }),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error))
    return `it threw ${typeof error === "string" ? error : JSON.stringify(error)}`;
  // Node 20 with tsx: `npx tsx` fails the same way, and only the name of the file helps.
  if (/^request for '.+' is not in cache$/.test(error.message)) {
    return "this Node cannot load layerwright from a CommonJS file by name (.cts, .cjs): rename it to .mts or .mjs";
  }
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.name}: ${error.message}${cause}`;
}

/** What the compiler of TypeScript says of a file that it cannot read: `catalog.ts:1:10: ERROR: Unexpected "="`. */
function syntaxErrorOf(error: unknown): { reason: string; origin: Origin } | undefined {
  if (!(error instanceof Error) || error.name !== "TransformError") return undefined;
  const match = /^(.+):(\d+):(\d+): ERROR: (.+)$/m.exec(error.message);
  if (match === null) return undefined;
  const [, file = "", line, column, text = ""] = match;
  return {
    reason: `it is not valid TypeScript: ${text}`,
    origin: { file, line: Number(line), column: Number(column) + 1 },
  };
}

/** The frames of a stack that the user wrote: neither Node's own nor those of packages or loaders. */
function userFrames(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  return (error.stack ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at ") && !/node:|\/node_modules\/|native\b/.test(line))
    .slice(0, SHOWN_FRAMES);
}

function originOfFrame(frame: string | undefined): Origin | undefined {
  const match = /\(?([^\s()]+):(\d+):(\d+)\)?$/.exec(frame ?? "");
  if (match === null) return undefined;
  const [, where = "", line, column] = match;
  const file = where.startsWith("file:") ? fileURLToPath(where) : where;
  return { file, line: Number(line), column: Number(column) };
}
