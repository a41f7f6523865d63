import { createServer, request as forward } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { expect, describe as group, onTestFinished, test } from "vitest";
import { noProxy } from "../../../src/adapters/registry-http/http/no-proxy.js";
import { proxiesOf } from "../../../src/adapters/registry-http/http/proxy.js";
import { makeCertificates } from "../../peers/certificates.js";
import { tempFolder } from "../temp-folder.js";
import {
  alice,
  aliceAccount,
  client,
  download,
  failure,
  only,
  reference,
  seedImage,
  served,
  someBytes,
} from "./client.js";

// The name of the registry is known to the proxy alone.
const NAME = "registry.test";
const PROXY_LOGIN = `Basic ${Buffer.from("prox:pass%word").toString("base64")}`;

interface Seen {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly proxyAuthorization: string | undefined;
}

/** A proxy that leads every name to one port of this machine, for whoever has its login. */
async function startProxy(port: number, status = 200) {
  const seen: Seen[] = [];
  const note = (line: string, headers: NodeJS.Dict<string | string[]>) =>
    seen.push({
      line,
      authorization: headers["authorization"] as string | undefined,
      proxyAuthorization: headers["proxy-authorization"] as string | undefined,
    });
  const server = createServer((incoming, outgoing) => {
    note(`${incoming.method} ${incoming.url}`, incoming.headers);
    if (incoming.headers["proxy-authorization"] !== PROXY_LOGIN) return void outgoing.writeHead(407).end();
    const { pathname, search } = new URL(incoming.url ?? "");
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    const onward = forward(
      { port, host: "127.0.0.1", method: incoming.method, path: pathname + search, headers },
      (answer) => answer.pipe(outgoing.writeHead(answer.statusCode ?? 0, answer.headers)),
    );
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    note(`CONNECT ${incoming.url}`, incoming.headers);
    socket.on("error", () => {});
    const allowed = incoming.headers["proxy-authorization"] === PROXY_LOGIN;
    if (status !== 200 || !allowed) return void socket.end(`HTTP/1.1 ${allowed ? status : 407} No\r\n\r\n`);
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port: own } = server.address() as AddressInfo;
  return { seen, url: `http://prox:pass%25word@127.0.0.1:${own}`, bare: `http://127.0.0.1:${own}` };
}

group("an https registry behind a proxy", () => {
  async function behind() {
    const folder = tempFolder();
    const tls = makeCertificates(folder, `DNS:${NAME},IP:10.9.8.7`);
    const auth = { kind: "basic", users: aliceAccount } as const;
    const { memory, host } = await served({ tls, auth });
    const { layer, document } = await seedImage(memory, "acme/app", "v1", someBytes(2_000_000));
    const settings = { [NAME]: { ca: join(folder, "ca.crt") }, "10.9.8.7": { ca: join(folder, "ca.crt") } };
    return { memory, layer, document, settings, port: Number(host.split(":")[1]) };
  }

  test("is reached through a tunnel, and neither sees the other's login", async () => {
    const { memory, layer, document, settings, port } = await behind();
    const proxy = await startProxy(port);
    const registry = client({ settings, env: { HTTPS_PROXY: proxy.url }, credentials: only(alice) });
    expect((await registry.document(reference(NAME))).descriptor).toEqual(document.descriptor);
    expect(await download(registry, reference(NAME), layer)).toHaveLength(2_000_000);
    expect(new Set(proxy.seen.map(({ line }) => line))).toEqual(new Set([`CONNECT ${NAME}:443`]));
    for (const { authorization } of proxy.seen) expect(authorization).toBeUndefined();
    for (const { headers } of memory.requests) expect(headers.get("proxy-authorization")).toBeNull();
  });

  test("an address has its certificate checked too", async () => {
    const { document, settings, port } = await behind();
    const proxy = await startProxy(port);
    const options = { settings, env: { https_proxy: proxy.url }, credentials: only(alice) };
    const found = await client(options).document(reference("10.9.8.7"));
    expect(found.descriptor).toEqual(document.descriptor);
    const other = { ...settings, "10.9.8.6": settings["10.9.8.7"]! };
    const error = await failure(client({ ...options, settings: other }).document(reference("10.9.8.6")));
    expect(error).toMatchObject({ code: "REGISTRY_CERTIFICATE" });
  });

  test("a proxy that refuses is what the message is about", async () => {
    const { settings, port } = await behind();
    const proxy = await startProxy(port);
    const refusing = await startProxy(port, 503);
    for (const HTTPS_PROXY of [proxy.bare, refusing.url, "http://prox:secret@127.0.0.1:1"]) {
      const error = await failure(client({ settings, env: { HTTPS_PROXY } }).document(reference(NAME)));
      expect(error).toMatchObject({ code: "PROXY_FAILED" });
      expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/secret|pass%/);
    }
  });
});

group("an http registry behind a proxy", () => {
  test("is asked for by its whole address", async () => {
    const { memory, host } = await served({ auth: { kind: "basic", users: aliceAccount } });
    const { layer } = await seedImage(memory, "acme/app", "v1", someBytes(2_000_000));
    const proxy = await startProxy(Number(host.split(":")[1]));
    const settings = { [NAME]: { http: true } };
    const registry = client({ settings, env: { HTTP_PROXY: proxy.url }, credentials: only(alice) });
    expect(await download(registry, reference(NAME), layer)).toHaveLength(2_000_000);
    expect(proxy.seen[0]?.line).toBe(`GET http://${NAME}/v2/acme/app/blobs/${layer.digest}`);
    for (const { headers } of memory.requests) expect(headers.get("proxy-authorization")).toBeNull();
    for (const HTTP_PROXY of [proxy.bare, "http://prox:secret@127.0.0.1:1"]) {
      const error = await failure(client({ settings, env: { HTTP_PROXY } }).document(reference(NAME)));
      expect(error).toMatchObject({ code: "PROXY_FAILED" });
      expect(error.stack).not.toContain("secret");
    }
  });

  test("and one on this machine, or in NO_PROXY, is not", async () => {
    const { memory, host } = await served();
    await seedImage(memory);
    const proxy = await startProxy(1);
    await client({ env: { HTTP_PROXY: proxy.url } }).document(reference(host));
    expect(proxy.seen).toEqual([]);
  });
});

group("which proxy", () => {
  const of = (env: Record<string, string>, url: string) => proxiesOf(env)(new URL(url))?.href;
  test.each([
    [{}, "https://a.example/", undefined],
    [{ HTTPS_PROXY: "http://p:1" }, "https://a.example/", "http://p:1/"],
    [{ HTTPS_PROXY: "p:1" }, "https://a.example/", "http://p:1/"],
    [{ HTTPS_PROXY: "http://p:1" }, "http://a.example/", undefined],
    [{ HTTP_PROXY: "http://p:1" }, "http://a.example/", "http://p:1/"],
    [{ HTTP_PROXY: "http://p:1", http_proxy: "http://q:1" }, "http://a.example/", "http://q:1/"],
    [{ HTTP_PROXY: "http://p:1", REQUEST_METHOD: "GET" }, "http://a.example/", undefined],
    [{ http_proxy: "http://p:1", REQUEST_METHOD: "GET" }, "http://a.example/", "http://p:1/"],
    [{ HTTPS_PROXY: "socks5://p:1" }, "https://a.example/", "socks5://p:1"],
    [{ HTTPS_PROXY: "http://p:1" }, "https://localhost/", undefined],
    [{ HTTPS_PROXY: "http://p:1" }, "https://127.3.2.1/", undefined],
    [{ HTTPS_PROXY: "http://p:1" }, "https://[::1]/", undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "a.example" }, "https://a.example/", undefined],
    [{ HTTPS_PROXY: "http://p:1", no_proxy: "b.example" }, "https://a.example/", "http://p:1/"],
  ])("%j for %s: %s", (env, url, expected) => {
    expect(of(env as Record<string, string>, url)).toBe(expected);
  });
});

group("NO_PROXY", () => {
  test.each([
    ["", "https://a.example/", false],
    ["*", "https://a.example/", true],
    ["a.example", "https://a.example/", true],
    ["A.Example", "https://a.EXAMPLE/", true],
    ["a.example", "https://a.example./", true],
    ["a.example", "https://x.a.example/", true],
    ["a.example", "https://xa.example/", false],
    [".a.example", "https://x.a.example/", true],
    [".a.example", "https://a.example/", false],
    ["*.a.example", "https://x.a.example/", true],
    ["a.example:5000", "https://a.example:5000/", true],
    ["a.example:5000", "https://a.example/", false],
    ["a.example:443", "https://a.example/", true],
    ["a.example:80", "http://a.example/", true],
    ["b.example, a.example", "https://a.example/", true],
    ["b.example a.example", "https://a.example/", true],
    [",,", "https://a.example/", false],
    ["10.0.0.0/8", "https://10.200.1.1/", true],
    ["10.0.0.0/8", "https://11.0.0.1/", false],
    ["10.0.0.0/8", "https://[::ffff:10.1.1.1]/", true],
    ["10.0.0.0/33", "https://10.0.0.1/", false],
    ["nonsense/8", "https://10.0.0.1/", false],
    ["10.0.0.1", "https://10.0.0.1:5000/", true],
    ["10.0.0.1:5000", "https://10.0.0.1:5000/", true],
    ["10.0.0.1:5000", "https://10.0.0.1/", false],
    ["10.0.0.1", "https://[::ffff:a00:1]/", true],
    ["::ffff:10.0.0.1", "https://10.0.0.1/", true],
    ["::ffff:10.0.0.0/104", "https://10.9.9.9/", true],
    ["fd00::/8", "https://[fd12::1]/", true],
    ["fd00::/8", "https://[fe12::1]/", false],
    ["[fd12::1]:5000", "https://[fd12::1]:5000/", true],
    ["[fd12::1]", "https://[fd12::1]/", true],
    ["fd12::1", "https://[fd12:0::1]/", true],
  ])("%j holds for %s: %s", (list, url, expected) => {
    expect(noProxy(list)(new URL(url))).toBe(expected);
  });
});
