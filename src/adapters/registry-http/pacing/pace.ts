import { setTimeout as delay } from "node:timers/promises";
import { RegistryError } from "../../../errors/layerwright-error.js";

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

/** When the next request to a registry may be made: all of a client's requests keep what the registry told one of them. */
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

  /** Waits before another try: twice as long each time, half of it by chance, so that many clients do not come at once. */
  async backOff(attempt: number, signal?: AbortSignal): Promise<void> {
    const full = this.options.firstMs * 2 ** (attempt - 1);
    const wait = full / 2 + (Math.random() * full) / 2;
    await delay(wait, undefined, signal === undefined ? {} : { signal });
  }
}
