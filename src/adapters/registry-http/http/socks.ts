import type { ClientRequestArgs, RequestOptions } from "node:http";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { ProxyRefused } from "./answer.js";
import { proxyLogin } from "./proxy.js";

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
