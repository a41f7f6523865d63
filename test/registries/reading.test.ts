import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, describe as group, onTestFinished, test, vi } from "vitest";
import { DockerCredentials } from "../../src/adapters/credentials-docker/docker-credentials.js";
import { trustIn } from "../../src/adapters/registry-http/certificates.js";
import { proxiesOf } from "../../src/adapters/registry-http/http/proxy.js";
import { mediaType } from "../../src/oci/manifest.js";
import {
  alice,
  blobOf,
  client,
  documentOf,
  download,
  failure,
  only,
  reference,
  seedImage,
  served,
  someBytes,
} from "../adapters/registry-http/client.js";
import { tempFolder } from "../adapters/temp-folder.js";
import { makeCertificates } from "../peers/certificates.js";

const ALWAYS = Number.POSITIVE_INFINITY;

group("G10: a manifest whose type says nothing", () => {
  test.each([
    "text/plain",
    "text/plain; charset=utf-8",
    "application/json",
    "application/octet-stream",
    "binary/octet-stream",
    null,
  ])("%s: its own counts, with one warning", async (type) => {
    const { memory, host } = await served();
    const { document } = await seedImage(memory);
    memory.faults.add({ match: { path: /\/manifests\// }, times: ALWAYS, headers: { "content-type": type } });
    const warnings: string[] = [];
    const registry = client({ onWarning: (message) => warnings.push(message) });
    expect(await registry.document(reference(host))).toEqual(document);
    expect(await registry.resolve(reference(host))).toEqual(document.descriptor);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(mediaType.ociManifest);
  });

  test.each([
    ["a manifest", { config: {}, layers: [] }, mediaType.ociManifest],
    ["an index", { manifests: [] }, mediaType.ociIndex],
  ])("%s that does not say its own type is told by its form", async (_, rest, type) => {
    const { memory, host } = await served();
    const body = JSON.stringify({ schemaVersion: 2, ...rest });
    memory.faults.add({ status: 200, body, headers: { "content-type": "text/plain" } });
    expect((await client().document(reference(host))).descriptor.mediaType).toBe(type);
  });

  test.each([
    ["something else", { schemaVersion: 2, hello: 1 }, "application/json"],
    ["schema 1", { schemaVersion: 1, name: "a", fsLayers: [] }, "application/json"],
    ["another type", { schemaVersion: 2, mediaType: "application/vnd.example" }, "text/plain"],
    ["a list", [], "text/plain"],
    ["a page", { schemaVersion: 2, config: {}, layers: [] }, "text/html"],
  ])("%s stays refused", async (_, value, type) => {
    const { memory, host } = await served();
    memory.faults.add({
      status: 200,
      body: JSON.stringify(value),
      headers: { "content-type": type },
    });
    expect((await failure(client().document(reference(host)))).code).toBe("MANIFEST_WRONG");
  });
});

/** A SOCKS 5 proxy that leads every name to one port of this machine. */
async function socksProxy(port: number, login?: readonly [string, string]) {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    let state: "greeting" | "login" | "request" = "greeting";
    socket.on("data", function onData(chunk: Buffer) {
      if (state === "greeting") {
        state = login === undefined ? "request" : "login";
        socket.write(Buffer.from([5, login === undefined ? 0 : 2]));
      } else if (state === "login") {
        const name = chunk.subarray(2, 2 + chunk[1]!).toString();
        const password = chunk.subarray(3 + chunk[1]!).toString();
        const good = name === login![0] && password === login![1];
        state = "request";
        socket.write(Buffer.from([1, good ? 0 : 1]));
      } else {
        const host =
          chunk[3] === 3 ? chunk.subarray(5, 5 + chunk[4]!).toString() : [...chunk.subarray(4, -2)].join(".");
        asked.push(`${host}:${chunk.readUInt16BE(chunk.length - 2)}`);
        socket.off("data", onData);
        const onward = connect(port, "127.0.0.1", () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          onward.pipe(socket).pipe(onward);
        });
        onward.on("error", () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

group("G3: proxies that are not http", () => {
  test.each(["socks5", "socks5h"])("%s is used, for http and https, small and large", async (scheme) => {
    const tls = makeCertificates(tempFolder(), "DNS:registry.test");
    for (const secure of [false, true]) {
      const { memory, host } = await served(secure ? { tls } : {});
      const { layer } = await seedImage(memory, "acme/app", "v1", someBytes(2_000_000));
      const proxy = await socksProxy(Number(host.split(":")[1]), ["me", "pass%word"]);
      const address = `${scheme}://me:pass%25word@${proxy.host}`;
      const settings = { "registry.test": { http: !secure, ca: tls.caFile } };
      const env = { HTTPS_PROXY: address, HTTP_PROXY: address };
      const registry = client({ env, settings, credentials: only(alice) });
      await registry.document(reference("registry.test"));
      expect(await download(registry, reference("registry.test"), layer)).toHaveLength(2_000_000);
      expect(await registry.upload(reference("registry.test"), blobOf(someBytes(500_000)))).toBe("uploaded");
      expect(new Set(proxy.asked)).toEqual(new Set([`registry.test:${secure ? 443 : 80}`]));
    }
  });

  test.each([
    ["that refuses the password", ["me", "other"] as const, 1],
    ["that cannot reach the registry", undefined, 1],
  ])("one %s is named, and its password is not", async (_, login, port) => {
    const proxy = await socksProxy(port, login);
    const address = `socks5://me:secret@${proxy.host}`;
    const error = await failure(
      client({ env: { HTTPS_PROXY: address } }).document(reference("registry.test")),
    );
    expect(error.code).toBe("PROXY_FAILED");
    expect(error.message).toContain(proxy.host);
    expect(`${error.stack}`).not.toContain("secret");
  });

  test.each([
    [{ HTTPS_PROXY: "socks4://p:1" }, "p:1"],
    [{ HTTPS_PROXY: "ftp://me:secret@p:1" }, "p:1"],
    [{ HTTPS_PROXY: "http://[" }, "HTTPS_PROXY"],
    [{ https_proxy: "http://me:secret@:1" }, "HTTPS_PROXY"],
    [{ ALL_PROXY: "gopher://p:1" }, "p:1"],
  ])("nothing goes past %j", async (env, named) => {
    const error = await failure(client({ env }).document(reference("registry.test")));
    expect(error.code).toBe("PROXY_FAILED");
    expect(error.message).toContain(named);
    expect(error.message).not.toContain("secret");
  });

  test.each([
    [{ ALL_PROXY: "p:1" }, "https://a.example/", "http://p:1/"],
    [{ all_proxy: "socks5://p:1" }, "http://a.example/", "socks5://p:1"],
    [{ ALL_PROXY: "p:1", HTTPS_PROXY: "q:1" }, "https://a.example/", "http://q:1/"],
    [{ ALL_PROXY: "p:1", NO_PROXY: "a.example." }, "https://a.example/", undefined],
    [{ HTTPS_PROXY: "socks4://p:1", NO_PROXY: "a.example" }, "https://a.example/", undefined],
    [{ HTTPS_PROXY: " p:1 " }, "https://a.example/", "http://p:1/"],
  ])("%j for %s: %s", (env, url, expected) => {
    expect(proxiesOf(env as Record<string, string>)(new URL(url))?.href).toBe(expected);
  });
});

group("G16: the authorities of the system", () => {
  test("SSL_CERT_FILE and SSL_CERT_DIR count beside what Node trusts", async () => {
    const folder = tempFolder();
    const tls = makeCertificates(folder);
    const { memory, host } = await served({ tls });
    const { layer } = await seedImage(memory, "acme/app", "v1", someBytes(2_000_000));
    const settings = { [host]: { http: false } };
    const directory = tempFolder();
    writeFileSync(join(directory, "company.crt"), `# of a company\n${readFileSync(tls.caFile, "utf8")}`);
    for (const env of [
      { SSL_CERT_FILE: tls.caFile },
      { SSL_CERT_FILE: "/nowhere", SSL_CERT_DIR: directory },
    ]) {
      const registry = client({ env, settings });
      await registry.document(reference(host));
      expect(await download(registry, reference(host), layer)).toHaveLength(2_000_000);
    }
    const error = await failure(client({ settings }).document(reference(host)));
    expect(error.code).toBe("REGISTRY_CERTIFICATE");
  });

  test("the first bundle that is there is read, and what Node knows already is no addition", () => {
    const tls = makeCertificates(tempFolder());
    const bundle = join(tempFolder(), "bundle.pem");
    writeFileSync(bundle, `junk\n${readFileSync(tls.caFile, "utf8")}\n`);
    expect(trustIn({}, {}, ["/nowhere", bundle])("a.example")?.ca?.[0]).toContain("BEGIN CERTIFICATE");
    expect(trustIn({}, {}, ["/nowhere"])("a.example")).toBeUndefined();
  });

  test("NODE_EXTRA_CA_CERTS still counts where the system has authorities of its own", () => {
    const [one, two] = [makeCertificates(tempFolder()), makeCertificates(tempFolder())];
    vi.stubEnv("NODE_EXTRA_CA_CERTS", two.caFile);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { ca } = trustIn({}, { SSL_CERT_FILE: one.caFile })("a.example")!;
    expect(ca?.join("\n")).toContain(readFileSync(two.caFile, "utf8").trim());
  });
});

test("G17: an auth with line breaks is read", async () => {
  const folder = tempFolder();
  const password = "p".repeat(90);
  const encoded = Buffer.from(`alice:${password}`).toString("base64");
  const auth = `${encoded.slice(0, 76)}\n${encoded.slice(76)}\r\n`;
  writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { "registry.test": { auth } } }));
  const credentials = new DockerCredentials({ env: { DOCKER_CONFIG: folder } });
  expect(await credentials.credentialFor({ domain: "registry.test", path: "a" })).toEqual({
    kind: "password",
    username: "alice",
    password,
  });
});

test("a manifest that is put without a tag is looked up by its digest", async () => {
  const { memory, host } = await served();
  const config = blobOf(Buffer.from("{}"), mediaType.ociConfig);
  await client().upload(reference(host), config);
  memory.faults.add({
    match: { method: "PUT" },
    respond: async (request, pass) => {
      await (await pass(request)).arrayBuffer();
      return new Response(null, { status: 202 });
    },
  });
  const { domain, path } = reference(host);
  await client().putDocument({ domain, path }, documentOf([config]));
});
