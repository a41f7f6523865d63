import type { ClientRequest, IncomingMessage } from "node:http";
import { RateGuard, type RateOptions } from "../pacing/rate-guard.js";
import { type Answer, BodyTooLong, CutShort } from "./answer.js";

/** What is left of a body at most that is read for the sake of its connection. */
const SHORT = 65536;

/** An answer of Node's HTTP client. */
export class IncomingAnswer implements Answer {
  readonly status: number;
  readonly headers: Answer["headers"];
  readonly url: URL;
  readonly #incoming: IncomingMessage;
  readonly #rate: RateOptions;
  /** Why the body does not come, also where that is known before anybody asks for it. */
  #failure: { readonly error: unknown } | undefined;
  #onFailure: (error: unknown) => void = () => {};
  #isHeld = false;

  constructor(incoming: IncomingMessage, outgoing: ClientRequest, url: URL, rate: RateOptions) {
    this.status = incoming.statusCode ?? 0;
    this.headers = incoming.headers;
    this.url = url;
    this.#incoming = incoming;
    this.#rate = rate;
    incoming.on("error", (error) => this.fail(error));
    incoming.once("close", () => {
      if (!incoming.readableEnded) this.fail(new CutShort());
    });
    incoming.once("end", () => {
      // Whoever has answered already does not want the rest of the question.
      if (!outgoing.writableFinished) outgoing.destroy();
    });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#onFailure(this.#failure.error);
  }

  async pump(sink: (chunk: Uint8Array) => void): Promise<void> {
    const incoming = this.#incoming;
    const guard = new RateGuard(this.#rate, (error) => {
      this.fail(error);
      incoming.destroy();
    });
    try {
      await new Promise<void>((resolve, reject) => {
        if (this.#failure !== undefined) return reject(this.#failure.error);
        this.#onFailure = reject;
        incoming.on("data", (chunk: Buffer) => {
          guard.note(chunk.length);
          // Bytes of an answer that was given up belong to nothing.
          if (this.#failure !== undefined) return;
          try {
            sink(chunk);
          } catch (error) {
            this.fail(error);
            incoming.destroy();
          }
        });
        incoming.once("end", () => (incoming.complete ? resolve() : reject(new CutShort())));
      });
    } finally {
      guard.stop();
    }
  }

  /** The body at the pace of its reader: no more than a buffer of it waits here. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const incoming = this.#incoming;
    const guard = new RateGuard(this.#rate, (error) => {
      this.fail(error);
      incoming.destroy();
    });
    try {
      for await (const chunk of incoming) {
        guard.note(chunk.length);
        // A pause of the reader is not the server's.
        this.#isHeld = true;
        guard.hold();
        yield chunk;
        guard.release();
        this.#isHeld = false;
      }
      if (!incoming.complete) throw new CutShort();
    } catch (error) {
      throw this.#failure?.error ?? error;
    } finally {
      guard.stop();
    }
  }

  /** True while the reader of `chunks` works on one: no byte is asked for meanwhile. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  async read(limit: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    await this.pump((chunk) => {
      size += chunk.length;
      if (size > limit) throw new BodyTooLong(limit);
      chunks.push(chunk as Buffer);
    });
    return Buffer.concat(chunks);
  }

  discard(): void {
    const length = Number(this.headers["content-length"] ?? Number.NaN);
    if (length <= SHORT || this.#incoming.complete) this.#incoming.resume();
    else this.#incoming.destroy();
  }
}
