import { type Fault, matches } from "./fault.js";
import { connectionCut, cutAfter, faultyBody, lazyStream } from "./faulty-body.js";

type Answer = (request: Request) => Promise<Response>;

interface Waiting {
  readonly fault: Fault;
  skip: number;
  left: number;
}

/**
 * What is to go wrong, in the order in which it was added: a request meets the first fault that is for it and is not
 * used up. A broken connection is a rejected promise, or a body whose stream fails.
 */
export class Faults {
  #waiting: Waiting[] = [];

  add(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#waiting.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 });
    }
  }

  clear(): void {
    this.#waiting = [];
  }

  /** How many faults have hits left, so that a test can tell that all it wrote has happened. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** @internal Answers a request, with what goes wrong for it. */
  async apply(request: Request, answer: Answer): Promise<Response> {
    const fault = this.#take(request);
    if (fault === undefined) return answer(request);
    if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    if (fault.drop === "before") throw connectionCut();
    const response = await answerOf(fault, request, answer);
    if (fault.drop === "after") {
      await response.body?.cancel();
      throw connectionCut();
    }
    return changed(fault, response);
  }

  #take(request: Request): Fault | undefined {
    for (const waiting of this.#waiting) {
      if (!matches(waiting.fault, request)) continue;
      if (waiting.skip > 0) {
        waiting.skip--;
        continue;
      }
      waiting.left--;
      this.#waiting = this.#waiting.filter(({ left }) => left > 0);
      return waiting.fault;
    }
    return undefined;
  }
}

async function answerOf(fault: Fault, request: Request, answer: Answer): Promise<Response> {
  if (fault.cutRequestAfter !== undefined) {
    const body = lazyStream(cutAfter(request.body ?? new Blob([]).stream(), fault.cutRequestAfter));
    const { method, headers } = request;
    return answer(new Request(request.url, { method, headers, body, duplex: "half" }));
  }
  if (fault.respond !== undefined) return fault.respond(request, (other = request) => answer(other));
  if (fault.status !== undefined) return new Response(fault.body ?? null, { status: fault.status });
  return answer(request);
}

function changed(fault: Fault, response: Response): Response {
  const headers = new Headers(response.headers);
  if (fault.endless === true) headers.delete("content-length");
  for (const [name, value] of Object.entries(fault.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  const { status, body } = response;
  const hurt = [fault.cutAfter, fault.trickle, fault.endless].some((part) => part !== undefined);
  const bodied = hurt && body !== null ? lazyStream(faultyBody(fault, body)) : body;
  return new Response(bodied, { status, headers });
}
