import { ProxyRefused } from "./answer.js";
import { noProxy } from "./no-proxy.js";
import { isLoopback } from "./origin.js";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that leads to an address, by the variables that curl, Go and Docker read; lower case wins, and `ALL_PROXY` is
 * for what has none of its own. A proxy that cannot be used is an error for what would go through it: nothing goes past a
 * proxy that was named.
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
export function proxyLogin(proxy: URL): readonly [name: string, password: string] | undefined {
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
