import { createHash } from "node:crypto";
import { createServer, request as forward } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { build, Catalog, Image, lock } from "layerwright";
import { expect, describe as group, onTestFinished, test, vi } from "vitest";
import { noProxy, proxiesOf } from "../../../src/adapters/registry-http/http/proxy.js";
import {
  HttpDownloader,
  type HttpDownloaderOptions,
} from "../../../src/adapters/registry-http/http-downloader.js";
import { openDownloads } from "../../../src/project/registry/open-registry.js";
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
  serve,
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

group("G3: a file of the outside", () => {
  const NAMED = `https://${NAME}/dir/tool.bin?token=secret`;

  async function fileServer(options: { readonly tls?: boolean } = {}) {
    const folder = tempFolder();
    const tls = options.tls === true ? makeCertificates(folder, `DNS:${NAME}`) : undefined;
    const logins: (string | null)[] = [];
    const { port } = await serve(
      async ({ headers }) => {
        logins.push(headers.get("proxy-authorization"));
        return new Response(someBytes(300_000));
      },
      tls === undefined ? {} : { tls },
    );
    const ca = join(folder, "ca.crt");
    return { port, logins, ca };
  }

  async function fetched(url: string, options: HttpDownloaderOptions): Promise<Buffer> {
    const downloader = new HttpDownloader({ pace: { firstMs: 1 }, ...options });
    onTestFinished(() => downloader.close());
    const chunks: Uint8Array[] = [];
    for await (const chunk of downloader.fetch(url)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  test("comes through a tunnel, by the authority of the settings or of SSL_CERT_FILE", async () => {
    const { port, logins, ca } = await fileServer({ tls: true });
    const proxy = await startProxy(port);
    for (const options of [
      { settings: { [NAME]: { ca } }, env: { HTTPS_PROXY: proxy.url } },
      { env: { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: ca } },
    ])
      expect(await fetched(NAMED, options)).toEqual(someBytes(300_000));
    expect(proxy.seen.map(({ line }) => line)).toEqual([`CONNECT ${NAME}:443`, `CONNECT ${NAME}:443`]);
    expect(logins).toEqual([null, null]);
    const error = await failure(fetched(NAMED, { env: { HTTPS_PROXY: proxy.url } }));
    expect(error.message).toMatch(
      /^https:\/\/registry\.test\/dir\/tool\.bin cannot be fetched: unable to verify leaf signature/,
    );
  });

  test("comes from an http proxy by its whole address, and past it where NO_PROXY says so", async () => {
    const { port, logins } = await fileServer();
    const proxy = await startProxy(port);
    const url = `http://${NAME}/tool.bin`;
    expect(await fetched(url, { env: { HTTP_PROXY: proxy.url } })).toHaveLength(300_000);
    expect(proxy.seen.map(({ line }) => line)).toEqual([`GET ${url}`]);
    expect(logins).toEqual([null]);
    const past = await failure(fetched(url, { env: { HTTP_PROXY: proxy.url, NO_PROXY: NAME } }));
    expect(past).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(proxy.seen).toHaveLength(1);
  });

  test("never comes past a proxy that was named, and no message has a secret", async () => {
    const { port } = await fileServer();
    const proxy = await startProxy(port);
    const refusing = await startProxy(port, 503);
    for (const HTTPS_PROXY of [
      proxy.bare,
      refusing.url,
      "http://prox:secret@127.0.0.1:1",
      "gopher://prox:secret@127.0.0.1:1",
      "http://prox:secret@",
    ]) {
      const env = { HTTPS_PROXY, HTTP_PROXY: HTTPS_PROXY };
      // Of plain requests this proxy refuses none.
      const urls = HTTPS_PROXY === refusing.url ? [NAMED] : [NAMED, NAMED.replace("https", "http")];
      for (const url of urls) {
        const error = await failure(fetched(url, { env }));
        expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
        expect(error.message).toMatch(/cannot be fetched: the proxy /);
        expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/secret|pass%/);
      }
    }
  });

  test("is fetched so by a build and for the lock, and not at all where the network is refused", async () => {
    const { port } = await fileServer();
    const proxy = await startProxy(port);
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "");
    onTestFinished(() => void vi.unstubAllEnvs());
    const context = tempFolder();
    const url = `http://${NAME}/tool.bin`;
    const sha256 = createHash("sha256").update(someBytes(300_000)).digest("hex");
    const place = { context, store: join(context, "store"), output: join(context, "app.tar") };
    await build(Image.scratch().add(url, "/tool.bin", { sha256 }), { ...place, lock: false });
    await lock(new Catalog("acme", { app: Image.scratch().add(`${url}?v=2`, "/tool.bin") }), place);
    expect(proxy.seen.map(({ line }) => line)).toEqual([`GET ${url}`, `GET ${url}?v=2`]);
    const offline = openDownloads({ offline: true }).fetch(`${url}?k=secret`);
    const error = await failure(offline[Symbol.asyncIterator]().next());
    expect(error).toMatchObject({ code: "OFFLINE_MISSING" });
    expect(error.message).not.toContain("secret");
  });

  test("waits for whoever takes it: the server does not get rid of more than buffers hold", async () => {
    let sent = 0;
    const { origin } = await serve(async () => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent++;
          if (sent <= 400) controller.enqueue(new Uint8Array(1 << 20));
          else controller.close();
        },
      });
      return new Response(body);
    });
    const chunks = new HttpDownloader({ env: {} }).fetch(`${origin}/large`);
    await chunks.next();
    // The server's own work is counted: it is idle when nothing more was asked for in a hundred turns.
    for (let turns = 0, before = -1; turns < 100; turns = sent === before ? turns + 1 : 0) {
      before = sent;
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(sent).toBeLessThan(100);
    await chunks.return?.(undefined);
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
