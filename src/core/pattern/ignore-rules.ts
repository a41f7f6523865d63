import { cleanPath } from "./clean-path.js";
import { compileIgnorePattern, type IgnorePattern } from "./ignore-pattern.js";
import { PatternError } from "./pattern-error.js";

/**
 * What each rule said of a folder, handed to its children: once a rule has matched a parent it holds for all
 * below without being tested again. BuildKit decides this way, and it differs from testing every parent by itself.
 */
export type ParentMatches = readonly boolean[] | undefined;

/** The verdict on one path. */
export interface IgnoreVerdict {
  readonly ignored: boolean;
  readonly matches: ParentMatches;
}

const NOTHING: IgnoreVerdict = { ignored: false, matches: undefined };

/** The rules of a `.dockerignore`, in order; the last one that matches decides. */
export class IgnoreRules {
  readonly patterns: readonly IgnorePattern[];
  /** True when a `!` rule exists, so that an ignored folder may hold what is not ignored. */
  readonly hasExceptions: boolean;
  /** Text before the first wildcard of each exception, where every one has some; decides which ignored folders are walked. */
  readonly #exceptions: readonly string[];

  constructor(patterns: readonly IgnorePattern[]) {
    this.patterns = patterns;
    const exceptions = patterns.filter((pattern) => pattern.exception);
    this.hasExceptions = exceptions.length > 0;
    this.#exceptions = exceptions.map((pattern) => pattern.pattern.replace(/[\\*?[].*$/su, ""));
  }

  /** Decides on a path, with what `decide` said of its parent folder (undefined at the top). */
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

  /** True when an ignored folder can hold something that a `!` rule takes back in. */
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
