/** Which requests a fault is for. */
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
  /** Which requests it is for. @default every request */
  readonly match?: FaultMatch | ((request: Request) => boolean);
  /** How many of them pass unharmed first. @default 0 */
  readonly skip?: number;
  /** How many of them it then hits; `Infinity` is all. @default 1 */
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

export function matches(fault: Fault, request: Request): boolean {
  const { match } = fault;
  if (match === undefined) return true;
  if (typeof match === "function") return match(request);
  const { method, path } = match;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path === undefined) return true;
  const { pathname, search } = new URL(request.url);
  return typeof path === "string" ? pathname === path : pathname.concat(search).search(path) !== -1;
}
