/**
 * Faults that random descriptions find and that nobody has mended yet: what a finding's line says, and what it is. They
 * are counted and printed, and fail no test; whoever mends one takes its row out.
 */
const openFaults: readonly {
  readonly line: RegExp;
  /** What the description says, where not every one of such lines is meant. */
  readonly words?: RegExp;
  readonly reason: string;
}[] = [];

/** The fault that all lines of a finding are of, if they are one that is known. */
export function openFault(lines: readonly string[], description: string): string | undefined {
  const isOf = ({ line, words }: (typeof openFaults)[number]) =>
    lines.every((one) => line.test(one)) && (words === undefined || words.test(description));
  return openFaults.find(isOf)?.reason;
}
