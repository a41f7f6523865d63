import { fileURLToPath } from "node:url";
import { closestName } from "../core/closest-name.js";
import { deepFreeze, defined } from "../core/freeze.js";
import type { ErrorCode, ErrorParameters } from "../errors/catalogue.js";
import { DefinitionError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";

/** A builder call in progress: its name as the user wrote it, and where. Every mistake found in it says both. */
export interface Call {
  readonly name: string;
  readonly origin: Origin;
}

/** Opens a builder call. */
export function beginCall(name: string): Call {
  return { name, origin: captureOrigin(beginCall) };
}

/** Ends a builder call with a coded error at the user's line. */
export function refuse<Code extends ErrorCode>(
  call: Call,
  code: Code,
  parameters: ErrorParameters<Code>,
  subject: string = call.name,
): never {
  throw new DefinitionError(code, parameters, { subject, origin: call.origin });
}

/** Refuses an argument of a call: `argument` must be `allowed`. */
export function refuseArgument(call: Call, argument: string, got: unknown, allowed: string): never {
  return refuse(call, "ARGUMENT_INVALID", { call: call.name, argument, got, allowed });
}

/** Refuses an options argument that is no object or has a key outside of `known`: a typo must not be silence. */
export function checkOptions(call: Call, options: unknown, known: readonly string[]): void {
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    refuseArgument(call, "options", options, `an object with ${known.join(", ")}`);
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const suggestion = closestName(option, known);
    refuse(call, "OPTION_UNKNOWN", { call: call.name, option, known, suggestion });
  }
}

/** Refuses an option that is neither absent nor a boolean. */
export function checkFlag(call: Call, name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  refuseArgument(call, name, value, "true or false");
}

/** A step of a call: frozen, without undefined members, and with the place of the call. */
export function stepNode<Node extends { readonly origin?: Origin }>(
  call: Call,
  members: { [Key in Exclude<keyof Node, "origin">]: Node[Key] | undefined },
): Node {
  type Members = Parameters<typeof defined<Node>>[0];
  return deepFreeze(defined<Node>({ ...members, origin: call.origin } as unknown as Members));
}

/** Enough frames to get through nested recipes of our own to the user's line. */
const FRAMES = 60;
const UNKNOWN: Origin = { file: "unknown", line: 1 };

/**
 * The directories whose frames are ours. Under source maps a frame of `dist/` shows up as its file in `src/`, so
 * both count, whichever of them is running.
 */
const OWN_FOLDERS = ["src", "dist"].map((folder) =>
  fileURLToPath(new URL(`../../${folder}/`, import.meta.url)),
);

/**
 * Remembers where the user's code is now. The stack is captured at once, which is cheap, and read only when
 * somebody asks for the file or line: reading it is what costs, and what source maps hook into.
 */
function captureOrigin(above: (...args: never[]) => unknown = captureOrigin): Origin {
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(holder, above);
  Error.stackTraceLimit = limit;
  let found: Origin | undefined;
  const read = (): Origin => {
    found ??= originOf(holder.stack ?? "", OWN_FOLDERS);
    delete holder.stack;
    return found;
  };
  // Own and enumerable, so that the origin prints, compares and serialises as the plain data it stands for.
  return Object.freeze(
    Object.defineProperties({} as Origin, {
      file: { enumerable: true, get: () => read().file },
      line: { enumerable: true, get: () => read().line },
      column: { enumerable: true, get: () => read().column },
    }),
  );
}

/** The first frame of a stack that is neither Node's nor in one of `ownFolders`. */
export function originOf(stack: string, ownFolders: readonly string[]): Origin {
  for (const line of stack.split("\n")) {
    const frame = parseFrame(line);
    if (frame !== undefined && !ownFolders.some((folder) => frame.file.startsWith(folder))) return frame;
  }
  return UNKNOWN;
}

function parseFrame(line: string): Origin | undefined {
  const text = line.trim();
  const open = text.endsWith(")") ? text.indexOf(" (") : -1;
  // A source map may name a function by a piece of code with line breaks; then the place ends a line of its own.
  if (!text.startsWith("at ") && open === -1) return undefined;
  const place = open === -1 ? text.slice(3).replace(/^async /, "") : text.slice(open + 2, -1);
  const parts = /^(.+):(\d+):(\d+)$/s.exec(place);
  if (parts === null) return undefined;
  const [, where = "", row, column] = parts;
  if (/^(node:|native\b|eval at |<anonymous>|wasm:)/.test(where)) return undefined;
  return { file: filePath(where), line: Number(row), column: Number(column) };
}

function filePath(where: string): string {
  if (!where.startsWith("file:")) return where;
  try {
    return fileURLToPath(where);
  } catch {
    return where;
  }
}
