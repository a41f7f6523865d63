import { isBroken, isPassing } from "../failure.js";
import type { Answer } from "../http/answer.js";
import type { Pace } from "./pace.js";
import { retryAfter } from "./retry-after.js";

/** Makes a request until its answer is one that stays, or the tries are used up. */
export async function repeated<Answered extends Answer>(
  pace: Pace,
  attempts: number,
  once: () => Promise<Answered>,
  isExpected: (status: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<{ readonly answer: Answered; readonly attempt: number }> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const last = attempt >= attempts;
    let answer: Answered;
    try {
      answer = await pace.pass(once, signal);
    } catch (error) {
      if (last || !isBroken(error)) throw error;
      await pace.backOff(attempt, signal);
      continue;
    }
    if (last || isExpected(answer.status) || !isPassing(answer.status)) return { answer, attempt };
    const wait = waitOf(answer);
    // Longer than one waits: what the server says of it is the answer.
    if (wait !== undefined && wait > pace.options.longestMs) return { answer, attempt };
    answer.discard();
    // Where the server says when, that is when; it was noted as the answer came.
    if (wait === undefined) await pace.backOff(attempt, signal);
  }
}

/** The milliseconds for which a server that answers a passing failure wants to be left alone. */
export function waitOf({ status, headers }: Answer): number | undefined {
  if (!isPassing(status)) return undefined;
  return retryAfter(headers["retry-after"], headers.date);
}
