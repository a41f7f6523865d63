import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** What a program asks for by a path: `from "./a.js"`, `import "./a.js"`, `import("./a.js")`, `require("./a.js")`. */
const REQUESTS = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}\/[^"'\n]*|\.{1,2})["']/g;
const MODULE = /\.[cm]?[jt]sx?$/;
const ENDINGS = ["", ".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"];

/**
 * The files of the user's program, absolute and with links followed: its entry and all that is imported from there by
 * relative paths, told from the text. Packages are no part of it.
 */
export function importedModules(entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [realpathSync(entry)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (!MODULE.test(file)) continue;
    for (const [, request = ""] of readFileSync(file, "utf8").matchAll(REQUESTS)) {
      const module = moduleAt(resolve(dirname(file), request));
      if (module !== undefined) waiting.push(module);
    }
  }
  return found;
}

function moduleAt(path: string): string | undefined {
  // TypeScript's own files are asked for by the name that they are compiled to.
  const stems = [path, path.replace(/\.([cm]?)js$/, ".$1ts"), path.replace(/\.jsx?$/, ".tsx")];
  for (const stem of new Set(stems)) {
    for (const ending of ENDINGS) {
      const place = `${stem}${ending}`;
      if (statSync(place, { throwIfNoEntry: false })?.isFile() === true) return realpathSync(place);
    }
  }
  return undefined;
}
