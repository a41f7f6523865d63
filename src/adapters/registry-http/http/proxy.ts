import {
  type ClientRequest,
  type ClientRequestArgs,
  Agent as HttpAgent,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import {
  Agent as HttpsAgent,
  request as httpsRequest,
  type RequestOptions as SecureRequestOptions,
} from "node:https";
import { BlockList, connect, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { ProxyRefused } from "./message.js";
import { isLoopback, portOf } from "./origin.js";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that leads to an address, by the variables that curl, Go and Docker read; lower case wins, and `ALL_PROXY`
 * is for what has none of its own. A proxy that cannot be used is an error for what would go through it: nothing goes
 * past a proxy that was named.
 */
export function proxiesOf(env: Environment): (url: URL) => URL | undefined {
  const read = (name: string): string => env[name.toLowerCase()]?.trim() || env[name]?.trim() || "";
  const named = (name: string): NamedProxy | undefined => parse(name, read(name));
  const all = named("ALL_PROXY");
  const https = named("HTTPS_PROXY") ?? all;
  // A web server sets HTTP_PROXY from a header of the request (httpoxy), so under CGI it is not believed.
  const cgi = env["REQUEST_METHOD"] !== undefined;
  const http = (cgi ? parse("http_proxy", env["http_proxy"] ?? "") : named("HTTP_PROXY")) ?? all;
  const direct = noProxy(read("NO_PROXY"));
  return (url) => {
    const proxy = url.protocol === "https:" ? https : http;
    // This machine is never behind its own proxy, which is what Go and Docker hold.
    if (proxy === undefined || isLoopback(url.hostname) || direct(url)) return undefined;
    if (proxy instanceof ProxyRefused) throw proxy;
    return proxy;
  };
}

/** A proxy, or why it cannot be one. */
type NamedProxy = URL | ProxyRefused;

const SPOKEN: ReadonlySet<string> = new Set(["http:", "https:", "socks5:", "socks5h:"]);

function parse(variable: string, text: string): NamedProxy | undefined {
  if (text === "") return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // The value may hold a password, so it is not shown.
  if (!URL.canParse(address)) return new ProxyRefused(`of ${variable}`, "its address cannot be read");
  const url = new URL(address);
  if (url.hostname === "") return new ProxyRefused(`of ${variable}`, "its address names no host");
  if (SPOKEN.has(url.protocol)) return url;
  const reason = `${url.protocol.slice(0, -1)} is not spoken here, only http, https and socks5`;
  return new ProxyRefused(url.host, reason);
}

/** The header that a proxy with a name and password in its address wants. It goes to the proxy and nobody else. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  const login = proxyLogin(proxy);
  if (login === undefined) return {};
  return { "proxy-authorization": `Basic ${Buffer.from(login.join(":")).toString("base64")}` };
}

/** The name and password in the address of a proxy. */
function proxyLogin(proxy: URL): readonly [name: string, password: string] | undefined {
  if (proxy.username === "" && proxy.password === "") return undefined;
  return [decoded(proxy.username), decoded(proxy.password)];
}

/** A password with a bare percent sign is meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Reads `NO_PROXY`: hosts, `.suffix` and `*.suffix`, `host:port`, addresses, CIDR blocks, `*`. An IPv4 address counts
 * in its IPv6 form too. A plain host name covers its subdomains, as curl and Go have it.
 */
export function noProxy(list: string): (url: URL) => boolean {
  const rules = list
    .split(/[\s,]+/)
    .filter((text) => text !== "")
    .map(ruleOf);
  return (url) => rules.some((rule) => rule(hostOf(url), portOf(url)));
}

type Rule = (host: string, port: string) => boolean;

function ruleOf(text: string): Rule {
  if (text === "*") return () => true;
  const block = /^(.+)\/(\d{1,3})$/.exec(text);
  if (block !== null) return blockRule(block[1]!, Number(block[2]));
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text);
  const withPort = bracketed === null && isIP(text) === 0 ? /^(.*):(\d+)$/.exec(text) : null;
  const wanted = (bracketed?.[1] ?? withPort?.[1] ?? text).toLowerCase().replace(/(?<=.)\.$/, "");
  const wantedPort = bracketed?.[2] ?? withPort?.[2];
  const portFits = (port: string): boolean => wantedPort === undefined || wantedPort === port;
  if (isIP(wanted) !== 0) {
    const same = blockRule(wanted, isIP(wanted) === 6 ? 128 : 32);
    return (host, port) => portFits(port) && same(host, port);
  }
  const suffix = wanted.replace(/^\*?\./, "");
  const below = (host: string): boolean => host.endsWith(`.${suffix}`);
  const exact = wanted === suffix;
  return (host, port) => portFits(port) && (below(host) || (exact && host === suffix));
}

function blockRule(network: string, prefix: number): Rule {
  const list = new BlockList();
  const family = isIP(network);
  if (family === 0 || prefix > (family === 6 ? 128 : 32)) return () => false;
  list.addSubnet(network, prefix, family === 6 ? "ipv6" : "ipv4");
  return (host) => {
    const kind = isIP(host);
    return kind !== 0 && list.check(host, kind === 6 ? "ipv6" : "ipv4");
  };
}

function hostOf(url: URL): string {
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  return host.startsWith("[") ? unmapped(host.slice(1, -1)) : host;
}

/** `::ffff:7f00:1` is 127.0.0.1 on the wire, so a rule about that holds for it. */
function unmapped(address: string): string {
  const parts = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (parts === null) return address;
  const [high, low] = [Number.parseInt(parts[1]!, 16), Number.parseInt(parts[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** An agent whose https connections lead through a proxy (CONNECT): the proxy sees no request, and no login of it. */
export function tunnelAgent(proxy: URL, secure: ConnectionOptions, idleMs: number): HttpsAgent {
  const agent = new HttpsAgent({ keepAlive: true, maxSockets: 8 });
  const open = (
    options: SecureRequestOptions,
    done: (error: Error | null, socket?: TLSSocket) => void,
  ): void => {
    const host = options.host ?? "";
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${options.port ?? 443}`;
    const refuse = (reason: string) => done(new ProxyRefused(proxy.host, reason));
    const request = connectRequest(proxy, target);
    request.setTimeout(idleMs, () => request.destroy(new Error("it does not answer")));
    request.once("error", (error: NodeJS.ErrnoException) => refuse(error.code ?? error.message));
    request.once("response", (answer) => {
      answer.destroy();
      refuse(`it answers ${answer.statusCode}`);
    });
    request.once("connect", (answer, socket: Duplex) => {
      request.setTimeout(0);
      if (answer.statusCode !== 200) {
        socket.destroy();
        return refuse(`it answers ${answer.statusCode}`);
      }
      // An address is no name that a server could be chosen by, but the certificate has to be for it.
      const servername = isIP(host) === 0 ? host : "";
      done(null, connectTls({ ...secure, socket, host, servername, ALPNProtocols: ["http/1.1"] }));
    });
    request.end();
  };
  return Object.assign(agent, { createConnection: open });
}

function connectRequest(proxy: URL, target: string): ClientRequest {
  const secure = proxy.protocol === "https:";
  return (secure ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: proxy.port === "" ? (secure ? 443 : 80) : proxy.port,
    method: "CONNECT",
    path: target,
    headers: { host: target, ...proxyAuthorization(proxy) },
    agent: false,
  });
}

type Done = (error: Error | null, socket?: Socket) => void;

/** True when a proxy speaks SOCKS 5. */
export function isSocks({ protocol }: URL): boolean {
  return protocol === "socks5:" || protocol === "socks5h:";
}

/** An agent whose connections lead through a SOCKS 5 proxy (RFC 1928), which looks names up. */
export function socksAgent(
  proxy: URL,
  secure: ConnectionOptions | undefined,
  idleMs: number,
): HttpAgent | HttpsAgent {
  const agent = new (secure === undefined ? HttpAgent : HttpsAgent)({ keepAlive: true, maxSockets: 8 });
  const open = (options: RequestOptions & ClientRequestArgs, done: Done): void => {
    const host = options.host ?? "";
    const port = Number(options.port ?? (secure === undefined ? 80 : 443));
    socksSocket(proxy, host, port, idleMs).then(
      (socket) => {
        if (secure === undefined) return done(null, socket);
        const servername = isIP(host) === 0 ? host : "";
        done(null, connectTls({ ...secure, socket, host, servername, ALPNProtocols: ["http/1.1"] }));
      },
      (error: Error) => done(error),
    );
  };
  return Object.assign(agent, { createConnection: open });
}

/** The meanings of a proxy's replies (RFC 1928 section 6). */
const REPLIES: readonly string[] = [
  "",
  "it fails",
  "its rules do not allow it",
  "the network cannot be reached",
  "the host cannot be reached",
  "the connection is refused",
  "the time to live is over",
  "it does not know the command",
  "it does not know the kind of address",
];

async function socksSocket(proxy: URL, host: string, port: number, idleMs: number): Promise<Socket> {
  const refused = (reason: string) => new ProxyRefused(proxy.host, reason);
  const at = { host: proxy.hostname.replace(/^\[|\]$/g, ""), port: Number(proxy.port || 1080) };
  const socket = connect(at);
  const reader = new Reader(socket, idleMs, refused);
  try {
    const login = proxyLogin(proxy);
    socket.write(Buffer.from(login === undefined ? [5, 1, 0] : [5, 2, 0, 2]));
    const [version, method] = await reader.take(2);
    if (version !== 5) throw refused("it does not speak SOCKS 5");
    if (method === 2 && login !== undefined) {
      const [name, password] = login.map((text) => Buffer.from(text));
      if (name!.length > 255 || password!.length > 255) throw refused("its name or password is too long");
      const lengths = [name!, password!].map(({ length }) => Buffer.from([length]));
      socket.write(Buffer.concat([Buffer.from([1]), lengths[0]!, name!, lengths[1]!, password!]));
      if ((await reader.take(2))[1] !== 0) throw refused("it refuses the name and password");
    } else if (method !== 0) throw refused("it wants another login");
    socket.write(
      Buffer.concat([Buffer.from([5, 1, 0]), addressOf(host), Buffer.from([port >> 8, port & 255])]),
    );
    const [, reply = 1, , kind] = await reader.take(4);
    if (reply !== 0) throw refused(REPLIES[reply] ?? `it answers ${reply}`);
    const length = kind === 1 ? 4 : kind === 4 ? 16 : (await reader.take(1))[0]!;
    await reader.take(length + 2);
    reader.release();
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A host as the protocol writes it: a name, or the bytes of an address. */
function addressOf(host: string): Buffer {
  const bare = host.replace(/^\[|\]$/g, "");
  if (isIP(bare) === 4) return Buffer.from([1, ...bare.split(".").map(Number)]);
  if (isIP(bare) === 6) return Buffer.concat([Buffer.from([4]), sixteenBytes(bare)]);
  const name = Buffer.from(bare);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

function sixteenBytes(address: string): Buffer {
  // An address in a URL is written without dots.
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").map((part) => Number.parseInt(part, 16));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}

/** Reads so many bytes of a socket at a time, and gives what is left back to it. */
class Reader {
  readonly #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  #wanted = 0;
  #settle: { resolve(bytes: Buffer): void; reject(error: unknown): void } | undefined;
  readonly #refused: (reason: string) => Error;
  readonly #onData = (chunk: Buffer): void => {
    this.#held = Buffer.concat([this.#held, chunk]);
    this.#check();
  };
  readonly #onEnd = (): void => this.#settle?.reject(this.#refused("it hangs up"));
  readonly #onError = (error: NodeJS.ErrnoException): void =>
    this.#settle?.reject(this.#refused(error.code ?? error.message));

  constructor(socket: Socket, idleMs: number, refused: (reason: string) => Error) {
    this.#socket = socket;
    this.#refused = refused;
    socket.setTimeout(idleMs, () => this.#settle?.reject(refused("it does not answer")));
    socket.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onError);
  }

  take(count: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#wanted = count;
      this.#settle = { resolve, reject };
      if (this.#socket.destroyed) this.#onEnd();
      this.#check();
    });
  }

  release(): void {
    this.#socket.setTimeout(0).removeAllListeners("timeout");
    this.#socket.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError);
    // It stays in flow: whoever gets it listens before the next byte can come.
    if (this.#held.length > 0) this.#socket.unshift(this.#held);
  }

  #check(): void {
    const settle = this.#settle;
    if (settle === undefined || this.#held.length < this.#wanted) return;
    this.#settle = undefined;
    const bytes = this.#held.subarray(0, this.#wanted);
    this.#held = this.#held.subarray(this.#wanted);
    settle.resolve(bytes);
  }
}
