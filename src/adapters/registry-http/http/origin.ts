import { BlockList, isIP } from "node:net";
import type { Answer, HttpRequest } from "./message.js";

/** True when two addresses are the same scheme, host and port: the only place that a credential may go to. */
export function sameOrigin(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && one.hostname === other.hostname && portOf(one) === portOf(other);
}

/** The port of an address, also where it is the usual one of its scheme. */
export function portOf(url: URL): string {
  return url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
}

/** An address as messages show it: no query, which may be signed, and no credentials. */
export function shownOrigin(url: URL): string {
  return url.host;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");
LOOPBACK.addSubnet("::ffff:127.0.0.0", 104, "ipv6");

/** Addresses that belong to one machine or its cloud: nobody else's server has a reason to send us there. */
const LOCAL = new BlockList();
LOCAL.addSubnet("0.0.0.0", 8, "ipv4");
LOCAL.addSubnet("127.0.0.0", 8, "ipv4");
LOCAL.addSubnet("169.254.0.0", 16, "ipv4");
LOCAL.addAddress("::", "ipv6");
LOCAL.addAddress("::1", "ipv6");
LOCAL.addSubnet("fe80::", 10, "ipv6");
LOCAL.addAddress("fd00:ec2::254", "ipv6");
for (const [network, prefix] of [
  ["::ffff:0.0.0.0", 104],
  ["::ffff:127.0.0.0", 104],
  ["::ffff:169.254.0.0", 112],
] as const)
  LOCAL.addSubnet(network, prefix, "ipv6");

/** Addresses that are private to a network. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet("10.0.0.0", 8, "ipv4");
PRIVATE.addSubnet("172.16.0.0", 12, "ipv4");
PRIVATE.addSubnet("192.168.0.0", 16, "ipv4");
PRIVATE.addSubnet("100.64.0.0", 10, "ipv4");
PRIVATE.addSubnet("fc00::", 7, "ipv6");

function bare(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname.replace(/\.$/, "");
}

function listed(list: BlockList, hostname: string): boolean {
  const host = bare(hostname);
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? "ipv6" : "ipv4");
}

/**
 * True when a host is this machine, by name or number: such registries speak plain http by default, as Docker has it.
 */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return host === "localhost" || host.endsWith(".localhost") || listed(LOOPBACK, host);
}

/** True when a host is this machine, an address of the link (such as a cloud's metadata), or none at all. */
function isMachineLocal(hostname: string): boolean {
  const host = bare(hostname);
  return host === "localhost" || host.endsWith(".localhost") || listed(LOCAL, host);
}

/** True when a host is named by a number that only some network knows. */
export function isPrivate(hostname: string): boolean {
  return isMachineLocal(hostname) || listed(PRIVATE, hostname);
}

/**
 * The address that a `Location` means, or undefined where it is none. A server behind a proxy that ends TLS knows
 * itself by http, and maybe by another port: of the same host, https and the port that it was reached by are kept.
 */
export function targetOf(location: string, from: URL): URL | undefined {
  if (!URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from);
  if (from.protocol !== "https:" || target.protocol !== "http:" || target.hostname !== from.hostname)
    return target;
  target.protocol = from.protocol;
  target.port = from.port;
  return target;
}

/**
 * The reason why a redirect is not followed, or undefined where it may be. No credential goes along to another origin
 * in any case.
 */
export function redirectProblem(from: URL, to: URL): string | undefined {
  if (to.protocol !== "https:" && to.protocol !== "http:") return `${to.protocol} is no address of the web`;
  if (to.username !== "" || to.password !== "") return "the address holds a credential";
  if (from.protocol === "https:" && to.protocol === "http:") return "it leaves https";
  if (isMachineLocal(to.hostname) && !isMachineLocal(from.hostname))
    return "it is an address of this machine or its link";
  return undefined;
}

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
interface OwnLogin {
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
