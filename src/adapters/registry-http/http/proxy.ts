import { noProxy } from "./no-proxy.js";
import { isLoopback } from "./origin.js";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Which proxy leads to an address, by the variables that curl, Go and Docker read; lower case wins. */
export function proxiesOf(env: Environment): (url: URL) => URL | undefined {
  const read = (name: string): string => env[name.toLowerCase()] || env[name] || "";
  const https = parse(read("HTTPS_PROXY"));
  // A web server sets HTTP_PROXY from a header of the request (httpoxy), so under CGI it is not believed.
  const http =
    env["REQUEST_METHOD"] === undefined ? parse(read("HTTP_PROXY")) : parse(env["http_proxy"] ?? "");
  const direct = noProxy(read("NO_PROXY"));
  return (url) => {
    const proxy = url.protocol === "https:" ? https : http;
    // This machine is never behind its own proxy, which is what Go and Docker hold.
    if (proxy === undefined || isLoopback(url.hostname) || direct(url)) return undefined;
    return proxy;
  };
}

function parse(text: string): URL | undefined {
  if (text === "") return undefined;
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
  } catch {
    return undefined;
  }
}

/** The header that a proxy with a name and password in its address wants. It goes to the proxy and nobody else. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === "" && proxy.password === "") return {};
  const pair = `${decoded(proxy.username)}:${decoded(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** A password with a bare percent sign is meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
