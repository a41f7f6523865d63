import type { Answer } from "./answer.js";
import { redirectProblem, sameOrigin, shownOrigin, targetOf } from "./origin.js";
import type { HttpRequest } from "./request.js";

/** A redirect that is not followed. */
export class RedirectRefused extends Error {
  /** The host that it leads to: the rest of an address may be signed. */
  readonly target: string;

  constructor(target: string, reason: string) {
    super(reason);
    this.target = target;
  }
}

/** A login, and the one origin that gets it. */
export interface OwnLogin {
  readonly authorization: string | undefined;
  readonly origin: URL;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;
/** Headers that another origin may see: the wanted form, and the kind and place of a body. */
const HARMLESS = new Set([
  "accept",
  "accept-encoding",
  "content-range",
  "content-type",
  "if-range",
  "range",
  "user-agent",
]);

/**
 * Sends a request and follows redirects: all kinds for a request that only reads, and those that keep method and body
 * (307, 308) for one that writes. Another origin gets no login, no cookie and no header of ours that it does not need.
 */
export async function follow<Answered extends Answer>(
  request: HttpRequest,
  send: (request: HttpRequest) => Promise<Answered>,
  login?: OwnLogin,
): Promise<Answered> {
  const { method } = request;
  const all = { "accept-encoding": "identity", "user-agent": "layerwright", ...request.headers };
  let { url } = request;
  let authorization = login?.authorization;
  let headers: Readonly<Record<string, string>> = all;
  for (let hop = 0; ; hop++) {
    const sent = authorization === undefined ? headers : { ...headers, authorization };
    const answer = await send({ ...request, url, headers: sent });
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
    answer.discard();
    const next = nextOf(url, location, hop);
    if (method !== "GET" && method !== "HEAD" && answer.status < 307)
      throw new RedirectRefused(shownOrigin(next), `a ${method} is not sent again after ${answer.status}`);
    if (!sameOrigin(next, url) || !sameOrigin(next, login?.origin ?? next)) {
      authorization = undefined;
      headers = Object.fromEntries(Object.entries(all).filter(([name]) => HARMLESS.has(name)));
    }
    url = next;
  }
}

function nextOf(url: URL, location: string, hop: number): URL {
  const next = targetOf(location, url);
  if (next === undefined) throw new RedirectRefused("no address at all", "it is no URL");
  const problem = redirectProblem(url, next);
  if (problem !== undefined) throw new RedirectRefused(shownOrigin(next), problem);
  if (hop === MOST_REDIRECTS)
    throw new RedirectRefused(shownOrigin(next), `it is the ${hop + 1}th redirect of one request`);
  return next;
}
