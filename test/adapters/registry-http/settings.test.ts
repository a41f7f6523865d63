import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, describe as group, test, vi } from "vitest";
import { trustIn } from "../../../src/adapters/registry-http/certificates.js";
import { isPrivate, redirectProblem } from "../../../src/adapters/registry-http/http/origin.js";
import { parseHead } from "../../../src/adapters/registry-http/http/raw-get.js";
import {
  checkSettings,
  endpointOf,
  mirrorsOf,
  parseSettings,
  readSettings,
} from "../../../src/adapters/registry-http/settings.js";
import { tempFolder } from "../temp-folder.js";

group("registries.json", () => {
  const read = (registries: unknown) => parseSettings(JSON.stringify({ registries }), "registries.json");

  test("everything that may be said", () => {
    const all = {
      http: true,
      mirrors: ["mirror.example", "mirror.example:5000/path", "https://mirror.example/path"],
      ...{ ca: "/ca.pem", cert: "/c.pem", key: "/k.pem", tokenServers: ["auth.example"], chunkBytes: 5 },
    };
    expect(read({ "registry.example:5000": all, "docker.io": {} })).toEqual({
      "registry.example:5000": all,
      "docker.io": {},
    });
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["nothing", "null"],
    ["no registries", "{}"],
    ["registries that are a list", '{"registries":[]}'],
    ["settings that are none", '{"registries":{"a.example":true}}'],
    ["an unknown setting", '{"registries":{"a.example":{"insecure":true}}}'],
    ["a setting of every object", '{"registries":{"a.example":{"toString":true}}}'],
    ["http as a text", '{"registries":{"a.example":{"http":"yes"}}}'],
    ["mirrors as a text", '{"registries":{"a.example":{"mirrors":"b.example"}}}'],
    ["a mirror of another kind", '{"registries":{"a.example":{"mirrors":["ftp://b.example"]}}}'],
    ["a mirror that is no address", '{"registries":{"a.example":{"mirrors":["https://"]}}}'],
    ["no bytes", '{"registries":{"a.example":{"chunkBytes":0}}}'],
    ["an empty file name", '{"registries":{"a.example":{"ca":""}}}'],
  ])("%s", (_, text) => {
    expect(() => parseSettings(text, "there.json")).toThrow(
      expect.objectContaining({ code: "REGISTRY_SETTINGS_INVALID", subject: "there.json" }),
    );
  });

  test("where it is", () => {
    const folder = tempFolder();
    const path = join(folder, "layerwright/registries.json");
    expect(readSettings({ XDG_CONFIG_HOME: folder })).toEqual({});
    mkdirSync(join(folder, "layerwright"));
    writeFileSync(path, '{"registries":{"a.example":{"http":true}}}');
    expect(readSettings({ XDG_CONFIG_HOME: folder })).toEqual({ "a.example": { http: true } });
    expect(readSettings({ LAYERWRIGHT_REGISTRIES: path })).toEqual({ "a.example": { http: true } });
    // A file that was named has to be there.
    expect(() => readSettings({ LAYERWRIGHT_REGISTRIES: join(folder, "no.json") })).toThrow(/ENOENT/);
  });
});

group("servers", () => {
  test.each([
    ["docker.io", undefined, "https://registry-1.docker.io/v2/"],
    ["registry.example:5000", undefined, "https://registry.example:5000/v2/"],
    ["registry.example", { http: true }, "http://registry.example/v2/"],
    ["localhost:5000", undefined, "http://localhost:5000/v2/"],
    ["127.0.0.1:5000", undefined, "http://127.0.0.1:5000/v2/"],
    ["127.1.2.3", undefined, "http://127.1.2.3/v2/"],
    ["[::1]:5000", undefined, "http://[::1]:5000/v2/"],
    ["localhost:5000", { http: false }, "https://localhost:5000/v2/"],
    ["10.0.0.1:5000", undefined, "https://10.0.0.1:5000/v2/"],
  ])("%s %j", (domain, settings, expected) => {
    expect(endpointOf(domain, settings).base.href).toBe(expected);
  });

  test("mirrors", () => {
    const mirrors = ["a.example", "https://b.example:1234/some/path/", "http://c.example", "localhost:5000"];
    const all = { "docker.io": { mirrors }, "a.example": { http: true } };
    expect(mirrorsOf("docker.io", all).map(({ domain, base }) => [domain, base.href])).toEqual([
      ["a.example", "http://a.example/v2/"],
      ["b.example:1234", "https://b.example:1234/some/path/v2/"],
      ["c.example", "http://c.example/v2/"],
      ["localhost:5000", "http://localhost:5000/v2/"],
    ]);
    expect(mirrorsOf("a.example", all)).toEqual([]);
  });
});

group("redirects", () => {
  test.each([
    ["https://a.example/", "https://b.example/", true],
    ["http://a.example/", "https://b.example/", true],
    ["http://a.example/", "http://b.example/", true],
    ["https://a.example/", "http://a.example/", false],
    ["https://a.example/", "https://10.0.0.1/", true],
    ["https://a.example/", "https://u@b.example/", false],
    ["https://a.example/", "https://:p@b.example/", false],
    ["https://a.example/", "ftp://b.example/", false],
    ["https://a.example/", "https://localhost/", false],
    ["https://a.example/", "https://LOCALHOST./", false],
    ["https://a.example/", "https://a.localhost/", false],
    ["https://a.example/", "https://127.0.0.1/", false],
    ["https://a.example/", "https://0177.1/", false],
    ["https://a.example/", "https://0/", false],
    ["https://a.example/", "https://169.254.169.254/", false],
    ["https://a.example/", "https://[::ffff:a9fe:a9fe]/", false],
    ["https://a.example/", "https://[::1]/", false],
    ["https://a.example/", "https://[::]/", false],
    ["https://a.example/", "https://[fe80::1]/", false],
    ["https://a.example/", "https://[fd00:ec2::254]/", false],
    ["http://localhost:5000/", "http://127.0.0.1:9000/", true],
  ])("%s to %s: %s", (from, to, good) => {
    expect(redirectProblem(new URL(from), new URL(to)) === undefined).toBe(good);
  });

  test.each([
    ["10.1.2.3", true],
    ["172.16.0.1", true],
    ["172.32.0.1", false],
    ["192.168.1.1", true],
    ["100.64.0.1", true],
    ["8.8.8.8", false],
    ["[fc00::1]", true],
    ["[::ffff:a00:1]", true],
    ["[2001:db8::1]", false],
    ["registry.example", false],
    ["localhost", true],
  ])("%s is private: %s", (host, expected) => {
    expect(isPrivate(host)).toBe(expected);
  });
});

group("the head of an answer", () => {
  const lengthOf = (...lines: string[]) => parseHead(lines.join("\r\n"))?.length;

  test("names in lower case, values without spaces, repeated ones joined", () => {
    expect(parseHead("HTTP/1.1 200 OK\r\nX-A:  b c \r\nx-a: d\r\nEmpty:\r\nContent-Length: 5")).toEqual({
      status: 200,
      headers: { "x-a": "b c, d", empty: "", "content-length": "5" },
      length: 5,
    });
  });

  test.each([
    [["HTTP/1.1 200 OK", "Content-Length: 5"], 5],
    [["HTTP/1.0 200", "Content-Length: 0"], 0],
    [["HTTP/1.1 204 No Content"], 0],
    [["HTTP/1.1 200 OK"], undefined],
    [["HTTP/1.1 200 OK", "Content-Length: 5, 5"], 5],
    [["HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 6"], undefined],
    [["HTTP/1.1 200 OK", "Content-Length: -5"], undefined],
    [["HTTP/1.1 200 OK", "Content-Length: 0x5"], undefined],
    [["HTTP/1.1 200 OK", "Content-Length: 9999999999999999"], undefined],
    [["HTTP/1.1 200 OK", "Content-Length: 5", "Transfer-Encoding: chunked"], undefined],
  ])("the length of %j", (lines, expected) => {
    expect(lengthOf(...lines)).toBe(expected);
  });

  test.each([
    "",
    "HTTP/2 200 OK",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "hello",
    "HTTP/1.1 200 OK\r\n folded: yes",
    "HTTP/1.1 200 OK\r\nno colon",
    "HTTP/1.1 200 OK\r\nspace : yes",
    "HTTP/1.1 200 OK\r\na: b\nc: d",
  ])("%j is none", (text) => {
    expect(parseHead(text)).toBeUndefined();
  });
});

group("certificates", () => {
  test("of the settings, else of certs.d", () => {
    const folder = tempFolder();
    const own = join(folder, "containers/certs.d/registry.example:5000");
    mkdirSync(own, { recursive: true });
    for (const name of ["b.crt", "a.crt", "client.cert", "client.key", "notes.txt"])
      writeFileSync(join(own, name), name);
    writeFileSync(join(folder, "ca.pem"), "mine");
    vi.stubEnv("XDG_CONFIG_HOME", folder);
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "");
    try {
      const ca = join(folder, "ca.pem");
      const trust = trustIn({ "other.example": { ca }, "docker.io": { ca } }, {}, []);
      expect(trust("registry.example:5000")).toEqual({
        ...{ ca: ["a.crt", "b.crt"], cert: "client.cert", key: "client.key" },
      });
      expect(trust("other.example")).toEqual({ ca: ["mine"] });
      // Docker Hub's settings go by its name, and its server has another.
      expect(trust("registry-1.docker.io")).toEqual({ ca: ["mine"] });
      expect(trust("registry.example")).toBeUndefined();
      // Node forgets those that it was told of where a list of its own is given.
      vi.stubEnv("NODE_EXTRA_CA_CERTS", join(folder, "extra.pem"));
      writeFileSync(join(folder, "extra.pem"), "extra");
      expect(trustIn({ "a.example": { ca } }, {}, [])("a.example")).toEqual({ ca: ["mine", "extra"] });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("settings that a program gives are checked too", () => {
    expect(() => checkSettings({ "a.example": { mirrors: ["http://["] } })).toThrow(
      expect.objectContaining({ code: "REGISTRY_SETTINGS_INVALID", subject: "the option registries" }),
    );
    expect(checkSettings({ "a.example": { http: true } })).toEqual({ "a.example": { http: true } });
  });

  test("a file that is not there", () => {
    const trust = trustIn({ "a.example": { ca: "/no/such.pem" } }, {}, []);
    expect(() => trust("a.example")).toThrow(
      expect.objectContaining({ code: "REGISTRY_SETTINGS_INVALID", subject: "/no/such.pem" }),
    );
  });
});
