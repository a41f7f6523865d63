/** A choice of requests. */
export interface FaultMatch {
  readonly method?: string;
  /** The path without its query, or a pattern for path and query. */
  readonly path?: string | RegExp;
}

/**
 * Something that goes wrong. Without `respond` and `status` the registry answers as ever, and the other fields change
 * its answer.
 */
export interface Fault {
  /** The requests that it is for. @default every request */
  readonly match?: FaultMatch | ((request: Request) => boolean);
  /** Number of them that pass unharmed first. @default 0 */
  readonly skip?: number;
  /** Number of them that it then hits; `Infinity` is all. @default 1 */
  readonly times?: number;
  /** Milliseconds before anything happens. */
  readonly delayMs?: number;
  /** The connection breaks without an answer: before the registry has acted, or after. */
  readonly drop?: "before" | "after";
  /** The connection breaks after so many bytes of the request's body, which the registry has. */
  readonly cutRequestAfter?: number;
  /** Answers itself. `pass` is what the registry would say, to this request or to another. */
  readonly respond?: (
    request: Request,
    pass: (request?: Request) => Promise<Response>,
  ) => Response | Promise<Response>;
  /** Answers with this status, and the `headers` and the `body` here. The registry is not asked. */
  readonly status?: number;
  readonly body?: string | Uint8Array;
  /** Headers of the answer by name; `null` takes one away. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** The connection breaks after so many bytes of the answer's body. */
  readonly cutAfter?: number;
  /** The answer's body comes in pieces of so many bytes, with so many milliseconds before each. */
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
  /** After its body the answer goes on with spaces and never ends. */
  readonly endless?: boolean;
}

function matches(fault: Fault, request: Request): boolean {
  const { match } = fault;
  if (match === undefined) return true;
  if (typeof match === "function") return match(request);
  const { method, path } = match;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path === undefined) return true;
  const { pathname, search } = new URL(request.url);
  return typeof path === "string" ? pathname === path : pathname.concat(search).search(path) !== -1;
}

type Answer = (request: Request) => Promise<Response>;

interface Waiting {
  readonly fault: Fault;
  skip: number;
  left: number;
}

/**
 * The faults of a registry, in the order in which they were added: a request meets the first that is for it and is not
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

  /** Number of faults with hits left, by which a test can tell that all it wrote has happened. */
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

/** Returns the error that a reader of a broken connection gets, as from `fetch`. */
function connectionCut(): TypeError {
  return new TypeError("the connection was cut");
}

/** A stream that asks for nothing before it is read: what was read before a failure has then arrived. */
function lazyStream(pieces: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The bytes up to a number of them, and then a failure. A body that is shorter fails at its end. */
async function* cutAfter(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, undefined> {
  let left = bytes;
  if (left > 0) {
    for await (const piece of body) {
      yield piece.subarray(0, left);
      left -= piece.length;
      if (left <= 0) break;
    }
  }
  throw connectionCut();
}

/** The body of an answer with what a fault does to it. */
function faultyBody(fault: Fault, body: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  let changed = body;
  if (fault.endless === true) changed = endless(changed);
  if (fault.trickle !== undefined) changed = trickle(changed, fault.trickle.bytes, fault.trickle.everyMs);
  if (fault.cutAfter !== undefined) changed = cutAfter(changed, fault.cutAfter);
  return changed[Symbol.asyncIterator]();
}

async function* endless(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body;
  const spaces = new Uint8Array(64 * 1024).fill(0x20);
  while (true) yield spaces.slice();
}

async function* trickle(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
  everyMs: number,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += bytes) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      yield piece.subarray(at, at + bytes);
    }
  }
}
