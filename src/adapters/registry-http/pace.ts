import { setTimeout as delay } from "node:timers/promises";
import { RegistryError } from "../../errors/layerwright-error.js";
import { isBroken, isPassing } from "./failure.js";
import type { Answer } from "./http/message.js";

/** Times of repetition, in milliseconds. */
export interface PaceOptions {
  /** Tries of one request in all. @default 5 */
  readonly attempts: number;
  /** Before the second try; each further one waits twice as long, and a part of it by chance. @default 250 */
  readonly firstMs: number;
  /** The longest that one waits because a registry asks for it. @default 120000 */
  readonly longestMs: number;
}

export const defaultPace: PaceOptions = { attempts: 5, firstMs: 250, longestMs: 120_000 };

/** The time of the next request to a registry: all of a client's requests keep what the registry told one of them. */
export class Pace {
  readonly options: PaceOptions;
  readonly #registry: string;
  /** By the monotonic clock. */
  #notBefore = 0;
  /** The one request that goes first when a wait is over. */
  #scout: Promise<unknown> | undefined;

  constructor(registry: string, options: PaceOptions) {
    this.#registry = registry;
    this.options = options;
  }

  /** Notes that the registry wants to be left alone for some time. */
  hold(milliseconds: number): void {
    this.#notBefore = Math.max(this.#notBefore, performance.now() + milliseconds);
  }

  /** Makes a request when it may be made. After a wait one goes alone, and the others wait for what it is told. */
  async pass<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    for (;;) {
      const left = this.#notBefore - performance.now();
      if (left > this.options.longestMs) {
        const parameters = { registry: this.#registry, seconds: Math.ceil(left / 1000) };
        throw new RegistryError("REGISTRY_BUSY", parameters, { subject: this.#registry });
      }
      if (left > 0) {
        await delay(left, undefined, signal === undefined ? {} : { signal });
        continue;
      }
      if (this.#notBefore === 0) return work();
      if (this.#scout === undefined) {
        const scout = work();
        const before = this.#notBefore;
        this.#scout = scout.catch(() => {});
        try {
          return await scout;
        } finally {
          this.#scout = undefined;
          // The way is free unless it was told to wait again.
          if (this.#notBefore === before) this.#notBefore = 0;
        }
      }
      await this.#scout;
    }
  }

  /**
   * Waits before another try: twice as long each time, half of it by chance, so that many clients do not come at once.
   */
  async backOff(attempt: number, signal?: AbortSignal): Promise<void> {
    const full = this.options.firstMs * 2 ** (attempt - 1);
    const wait = full / 2 + (Math.random() * full) / 2;
    await delay(wait, undefined, signal === undefined ? {} : { signal });
  }
}

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

const SHORT_DAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";

const DATE = new RegExp(
  `^(?:${SHORT_DAYS}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT|[A-Z][a-z]+day, \\d{2}-[A-Z][a-z]{2}-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT|${SHORT_DAYS} [A-Z][a-z]{2} [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4})$`,
);

/**
 * The milliseconds that a `Retry-After` header asks to wait: seconds, also with a fraction, or a date in any of the
 * three forms of RFC 9110 section 5.6.7, counted from the server's own `Date` so that a wrong clock here does no harm.
 * Past dates and zero mean at once; what is neither says nothing.
 */
export function retryAfter(
  header: string | undefined,
  date: string | undefined,
  now = Date.now(),
): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\+?\d+(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^-\d/.test(text)) return 0;
  if (!DATE.test(text)) return undefined;
  const until = timeOf(text);
  if (Number.isNaN(until)) return undefined;
  const stated = date !== undefined && DATE.test(date.trim()) ? timeOf(date.trim()) : Number.NaN;
  return Math.max(0, until - (Number.isNaN(stated) ? now : stated));
}

/** The C form has no zone, and Date.parse would take it for local time. */
function timeOf(text: string): number {
  return Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
}
