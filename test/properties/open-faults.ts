/**
 * Faults that random descriptions find and that nobody has mended yet: what a finding's line says, and what it is. They
 * are counted and printed, and fail no test; whoever mends one takes its row out.
 */
const openFaults: readonly {
  readonly line: RegExp;
  /** What the description says, where not every one of such lines is meant. */
  readonly words?: RegExp;
  readonly reason: string;
}[] = [
  {
    line: /^the Dockerfile is refused LAYER_MIXED, the direct build (?:builds|fails)/,
    reason: "one layer with commands of different users: the direct build makes it, a Dockerfile is refused",
  },
  {
    line: /^the Dockerfile is refused \w+, the direct build refuses \w+$/,
    reason: "both refuse, each with the code of what it comes to first",
  },
  {
    line: /: mode 2755 \| 0755$/,
    words: /"command":"mv /,
    reason:
      "a directory of an earlier command moved below a setgid one: over an overlay mv copies it, within one RUN not",
  },
  {
    line: /^the direct build refuses (?:PATH_NOT_FOUND|STAGE_PATH_NOT_FOUND), no Dockerfile does$/,
    reason:
      "a path that is not there: the direct build refuses, a Dockerfile is written that cannot be built",
  },
];

/** The fault that all lines of a finding are of, if they are one that is known. */
export function openFault(lines: readonly string[], description: string): string | undefined {
  const isOf = ({ line, words }: (typeof openFaults)[number]) =>
    lines.every((one) => line.test(one)) && (words === undefined || words.test(description));
  return openFaults.find(isOf)?.reason;
}
