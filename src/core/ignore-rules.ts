import { type GlobToken, PatternError, parseGlob, tokenExpression } from "./glob.js";
import { cleanPath } from "./posix-path.js";

/**
 * The verdict of each rule on a directory, handed to its children: once a rule has matched a parent it holds for all
 * below without being tested again. BuildKit decides this way, and it differs from testing every parent by itself.
 */
export type ParentMatches = readonly boolean[] | undefined;

/** The verdict on one path. */
interface IgnoreVerdict {
  readonly ignored: boolean;
  readonly matches: ParentMatches;
}

const NOTHING: IgnoreVerdict = { ignored: false, matches: undefined };

/** The rules of a `.dockerignore`, in order; the last one that matches decides. */
export class IgnoreRules {
  readonly patterns: readonly IgnorePattern[];
  /** True when a `!` rule exists, so that an ignored directory may hold what is not ignored. */
  readonly hasExceptions: boolean;
  /**
   * Text before the first wildcard of each exception, where every one has some; decides which ignored directories are
   * walked.
   */
  readonly #exceptions: readonly string[];

  constructor(patterns: readonly IgnorePattern[]) {
    this.patterns = patterns;
    const exceptions = patterns.filter((pattern) => pattern.exception);
    this.hasExceptions = exceptions.length > 0;
    this.#exceptions = exceptions.map((pattern) => pattern.pattern.replace(/[\\*?[].*$/su, ""));
  }

  /** Decides on a path, with what `decide` said of its parent directory (undefined at the top). */
  decide(path: string, parent: ParentMatches): IgnoreVerdict {
    const patterns = this.patterns;
    if (patterns.length === 0) return NOTHING;
    const matches = new Array<boolean>(patterns.length);
    let ignored = false;
    for (let index = 0; index < patterns.length; index++) {
      const pattern = patterns[index]!;
      let match = parent?.[index] === true;
      if (!match && pattern.exception === ignored) match = pattern.test(path);
      matches[index] = match;
      if (match) ignored = !pattern.exception;
    }
    return { ignored, matches };
  }

  /** Decides on a path whose parents were not asked about. */
  decideAlone(path: string): IgnoreVerdict {
    let verdict = NOTHING;
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      verdict = this.decide(path.slice(0, end), verdict.matches);
    }
    return this.decide(path, verdict.matches);
  }

  /** The rule that hides a path, or undefined when it is not ignored. */
  ruleThatHides(path: string): IgnorePattern | undefined {
    const { ignored, matches } = this.decideAlone(path);
    if (!ignored) return undefined;
    return this.patterns.findLast((pattern, index) => !pattern.exception && matches?.[index] === true);
  }

  /** True when an ignored directory can hold something that a `!` rule takes back in. */
  mayHoldExceptions(folder: string): boolean {
    const below = `${folder}/`;
    return this.#exceptions.some((start) => start.startsWith(below) || below.startsWith(start));
  }
}

/** Reads the text of a `.dockerignore`. Throws `PatternError` with the line. */
export function parseIgnoreFile(text: string): IgnoreRules {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  const patterns: IgnorePattern[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("#")) continue;
    const pattern = parseRule(line, index + 1);
    if (pattern !== undefined) patterns.push(pattern);
  }
  return new IgnoreRules(patterns);
}

/** Reads patterns that were given one by one, as the `exclude` of a copy is. Throws `PatternError`. */
export function parseIgnoreList(list: readonly string[]): IgnoreRules {
  const patterns = list.map((text, index) => parseRule(text, index + 1));
  return new IgnoreRules(patterns.filter((pattern) => pattern !== undefined));
}

function parseRule(line: string, number: number): IgnorePattern | undefined {
  const text = line.trim();
  if (text === "") return undefined;
  const exception = text.startsWith("!");
  const written = exception ? text.slice(1).trim() : text;
  if (written === "") throw new PatternError(text, "is a ! without what it takes back in", number);
  const cleaned = cleanPath(written);
  const pattern = cleaned.length > 1 && cleaned.startsWith("/") ? cleaned.slice(1) : cleaned;
  try {
    return { text, line: number, exception, pattern, test: compileIgnorePattern(pattern) };
  } catch (error) {
    if (error instanceof PatternError) throw new PatternError(text, error.reason, number);
    throw error;
  }
}

/** One rule of a `.dockerignore`. */
interface IgnorePattern {
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
 * crosses directories, `*` and `?` do not. Throws `PatternError`.
 */
function compileIgnorePattern(pattern: string): (path: string) => boolean {
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

/**
 * `**` first or last and else plain text: these two shapes make up most rules, and are not read as expressions by moby.
 */
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
