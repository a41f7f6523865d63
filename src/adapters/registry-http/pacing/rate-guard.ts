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
  #isHeld = false;
  /** True when the window had a pause that is not the other side's. */
  #hadPause = false;

  constructor({ bytesPerSecond, windowMs }: RateOptions, onSlow: (error: TooSlow) => void) {
    const least = (bytesPerSecond * windowMs) / 1000;
    this.#timer = setInterval(() => {
      if (this.#bytes < least && !this.#hadPause)
        onSlow(new TooSlow(`${this.#bytes} bytes in ${secondsOf(windowMs)} s`));
      this.#bytes = 0;
      this.#hadPause = this.#isHeld;
    }, windowMs);
    this.#timer.unref();
  }

  note(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Begins a pause of our own: a window that holds one says nothing about the other side. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
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
