import { TooSlow } from "../http/answer.js";

/** How slow a transfer may be. */
export interface RateOptions {
  /** Bytes a second, on average over a window. @default 1024 */
  readonly bytesPerSecond: number;
  /** Milliseconds that the average is taken over. @default 60000 */
  readonly windowMs: number;
}

export const defaultRate: RateOptions = { bytesPerSecond: 1024, windowMs: 60_000 };

/** Watches a transfer that goes on, but so slowly that it never ends: a byte now and then keeps every idle timeout quiet. */
export class RateGuard {
  /** Fires when the transfer is too slow. */
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor({ bytesPerSecond, windowMs }: RateOptions, outer?: AbortSignal) {
    const slow = new AbortController();
    this.signal = outer === undefined ? slow.signal : AbortSignal.any([outer, slow.signal]);
    const least = (bytesPerSecond * windowMs) / 1000;
    this.#timer = setInterval(() => {
      if (this.#bytes < least) {
        const seconds = Math.round(windowMs / 1000);
        slow.abort(new TooSlow(`${this.#bytes} bytes in ${seconds} s`));
      }
      this.#bytes = 0;
    }, windowMs);
    this.#timer.unref();
  }

  note(bytes: number): void {
    this.#bytes += bytes;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
