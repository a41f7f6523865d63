import { type ClientRequest, request as httpRequest } from "node:http";
import { Agent, request as httpsRequest, type RequestOptions } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { ProxyRefused } from "./answer.js";
import { proxyAuthorization } from "./proxy.js";

/** An agent whose https connections lead through a proxy (CONNECT): the proxy sees no request, and no login of it. */
export function tunnelAgent(proxy: URL, secure: ConnectionOptions, idleMs: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const open = (options: RequestOptions, done: (error: Error | null, socket?: TLSSocket) => void): void => {
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
      done(null, connect({ ...secure, socket, host, servername, ALPNProtocols: ["http/1.1"] }));
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
