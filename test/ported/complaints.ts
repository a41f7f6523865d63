import type { PortedResult, Weight } from "./port-case.js";

/** How much longer our Dockerfile may be than the one by hand. */
const LENGTH = 1.3;
/** Logs hold times, so two runs of one command differ by a few blocks of tar, and by what they compress to. */
const NOISE = 2048;

/** What is wrong with a result: differences, more bytes, more commands or a much longer Dockerfile than by hand. */
export function complaints({ name, weight, lines, runs, differences }: PortedResult): string[] {
  const found: string[] = [];
  const { byHand } = weight;
  for (const way of ["dockerfile", "direct"] as const) {
    const say = (text: string) => void found.push(`${name}, ${way}: ${text}`);
    for (const difference of differences[way]) say(difference);
    for (const figure of ["unpacked", "compressed"] satisfies (keyof Weight)[]) {
      const more = weight[way][figure] - byHand[figure];
      if (more > NOISE) say(`${more} bytes more than by hand (${figure})`);
    }
    for (const { edit, runs: ran } of runs) {
      if (ran[way] > ran.byHand)
        say(`${edit} changed: ${ran[way]} commands run again, by hand ${ran.byHand}`);
    }
  }
  if (lines.ours > lines.byHand * LENGTH) found.push(`${name}: ${lines.ours} lines, by hand ${lines.byHand}`);
  return found;
}
