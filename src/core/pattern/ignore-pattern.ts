import { tokenExpression } from "./glob-expression.js";
import { type GlobToken, parseGlob } from "./glob-syntax.js";

/** One rule of a `.dockerignore`. */
export interface IgnorePattern {
  /** The rule as it was written. */
  readonly text: string;
  /** Line in its file, from 1; its place in the list where it came from no file. */
  readonly line: number;
  /** Set by `!`: what it matches is taken back in. */
  readonly exception: boolean;
  /** Cleaned, without `!` and leading slash. */
  readonly pattern: string;
  test(path: string): boolean;
}

/**
 * Compiles the pattern part of a rule as moby's patternmatcher reads it: matched against the whole path, `**`
 * crosses folders, `*` and `?` do not. Throws `PatternError`.
 */
export function compileIgnorePattern(pattern: string): (path: string) => boolean {
  const tokens = parseGlob(pattern);
  if (tokens.every((token) => token.kind === "literal")) {
    const exact = tokens.map((token) => token.text).join("");
    return (path) => path === exact;
  }
  const simple = plainDeep(tokens);
  if (simple !== undefined) return simple;
  const expression = new RegExp(`^${deepExpression(tokens)}$`, "u");
  return (path) => expression.test(path);
}

/** `**` first or last and else plain text: these two shapes make up most rules, and are not read as expressions by moby. */
function plainDeep(tokens: readonly GlobToken[]): ((path: string) => boolean) | undefined {
  const stars = tokens.filter((token) => token.kind !== "literal");
  if (stars.length !== 2 || stars.some((token) => token.kind !== "star")) return undefined;
  const text = tokens.map((token) => (token.kind === "literal" ? token.text : "")).join("");
  if (tokens[0]!.kind === "star" && tokens[1]!.kind === "star") {
    // `**/name` is also the name at the top; `**name` is every path that ends so.
    return (path) => path.endsWith(text) || (text.startsWith("/") && path === text.slice(1));
  }
  if (tokens.at(-1)!.kind === "star" && tokens.at(-2)!.kind === "star")
    return (path) => path.startsWith(text);
  return undefined;
}

function deepExpression(tokens: readonly GlobToken[]): string {
  let source = "";
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (token.kind !== "star" || tokens[index + 1]?.kind !== "star") {
      source += tokenExpression(token);
      continue;
    }
    index++;
    const next = tokens[index + 1];
    // The slash after `**` belongs to it, so that `a/**/b` also is `a/b`.
    if (next?.kind === "literal" && next.text === "/") index++;
    source += index + 1 >= tokens.length ? "[^\\n]*" : "(?:[^\\n]*/)?";
  }
  return source;
}
