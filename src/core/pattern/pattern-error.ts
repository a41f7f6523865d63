/** A pattern that Go's `filepath.Match` would refuse; `reason` reads on after "the pattern ...". */
export class PatternError extends Error {
  readonly pattern: string;
  readonly reason: string;
  /** Line in the file that the pattern came from, from 1. */
  readonly line: number | undefined;

  constructor(pattern: string, reason: string, line?: number) {
    super(`the pattern ${JSON.stringify(pattern)} ${reason}`);
    this.name = "PatternError";
    this.pattern = pattern;
    this.reason = reason;
    this.line = line;
  }
}
