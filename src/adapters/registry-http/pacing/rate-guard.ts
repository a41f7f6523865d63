import { TooSlow } from "../http/answer.js";

/** How slow a transfer may be. */
export interface RateOptions {
  /** Bytes a second, on average over a window. @default 1024 */
  readonly bytesPerSecond: number;
  /** Milliseconds that the average is taken over. @default 60000 */
  readonly windowMs: number;
}

export const defaultRate: RateOptions = { bytesPerSecond: 1024, windowMs: 60_000 };

/** Watches what comes and goes on, but so slowly that it never ends: a byte now and then keeps every idle timeout quiet. */
export class RateGuard {
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor({ bytesPerSecond, windowMs }: RateOptions, onSlow: (error: TooSlow) => void) {
    const least = (bytesPerSecond * windowMs) / 1000;
    this.#timer = setInterval(() => {
      if (this.#bytes < least) onSlow(new TooSlow(`${this.#bytes} bytes in ${secondsOf(windowMs)} s`));
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

/** Milliseconds until so many bytes that are sent have to be gone: a rate that is good enough is never stopped. */
export function longestFor(bytes: number, { bytesPerSecond, windowMs }: RateOptions): number {
  return windowMs + (bytes * 1000) / bytesPerSecond;
}

export function secondsOf(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
