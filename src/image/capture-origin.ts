import { fileURLToPath } from "node:url";
import type { Origin } from "../errors/origin.js";

/** Enough frames to get through nested recipes of our own to the user's line. */
const FRAMES = 60;
const UNKNOWN: Origin = { file: "unknown", line: 1 };

/**
 * The folders whose frames are ours. Under source maps a frame of `dist/` shows up as its file in `src/`, so
 * both count, whichever of them is running.
 */
const OWN_FOLDERS = ["src", "dist"].map((folder) =>
  fileURLToPath(new URL(`../../${folder}/`, import.meta.url)),
);

/**
 * Remembers where the user's code is now. The stack is captured at once, which is cheap, and read only when
 * somebody asks for the file or line: reading it is what costs, and what source maps hook into.
 */
export function captureOrigin(above: (...args: never[]) => unknown = captureOrigin): Origin {
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
