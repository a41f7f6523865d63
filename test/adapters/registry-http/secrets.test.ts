import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { HttpRegistry } from "../../../src/adapters/registry-http/http-registry.js";
import { mediaType } from "../../../src/oci/manifest.js";
import type { Credential } from "../../../src/ports/registry.js";
import { blobOf, describe, documentOf, download, reference, serve, someBytes } from "./client.js";

// Whatever a registry answers, no byte of a login reaches anybody but the registry and its own token server.

const PASSWORD = "s3cret/pass+word=ü";
const IDENTITY = "identity-token-6b1f0a";
const REGISTRY_TOKEN = "registry-token-9c4e2d";
const ACCESS = "access-token-1d7a3c";
const COOKIE = "session=cookie-value-77e0";

const SECRETS = [PASSWORD, IDENTITY, REGISTRY_TOKEN, ACCESS, COOKIE];
const NEEDLES = SECRETS.flatMap((secret) => {
  const bytes = Buffer.from(secret);
  const pair = Buffer.from(`alice:${secret}`);
  return [
    secret,
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    encodeURIComponent(secret),
    new URLSearchParams({ a: secret }).toString().slice(2),
    pair.toString("base64").replace(/=+$/, ""),
  ];
});

const CREDENTIALS: Readonly<Record<string, Credential>> = {
  basic: { kind: "password", username: "alice", password: PASSWORD },
  bearer: { kind: "password", username: "alice", password: PASSWORD },
  identity: { kind: "identity", token: IDENTITY },
  "registry token": { kind: "bearer", token: REGISTRY_TOKEN },
};

const STATUSES = [301, 302, 303, 307, 308];
const WHAT = ["blob", "large blob", "manifest", "HEAD", "upload", "mount", "token"] as const;
/** Where the registry sends us: `own` is itself, `other` another origin that records. */
const TARGETS: Readonly<Record<string, (own: string, other: string) => string>> = {
  "another port": (_, other) => `${other}/elsewhere`,
  "another name": (_, other) => `${other.replace("127.0.0.1", "localhost")}/elsewhere?x=1`,
  "another scheme": (_, other) => `${other.replace("http:", "https:")}/elsewhere`,
  "no scheme": (_, other) => `${other.replace("http:", "")}/elsewhere`,
  "a login in it": (_, other) => `${other.replace("//", "//mallory:x@")}/elsewhere`,
  "our name in front": (own, other) => `http://${new URL(own).hostname}:x@${new URL(other).host}/elsewhere`,
  "back and forth": (_, other) => `${other}/back`,
  "a backslash": (_, other) => `${other.replace("http://", "http:\\\\")}/elsewhere`,
};

const FORWARD = { "set-cookie": `${COOKIE}; Path=/; Domain=127.0.0.1` };

interface Shape {
  readonly what: (typeof WHAT)[number];
  readonly status: number;
  readonly target: string;
  readonly login: string;
}

function shapes(): Shape[] {
  const all: Shape[] = [];
  for (const what of WHAT) {
    for (const target of Object.keys(TARGETS)) {
      for (const login of Object.keys(CREDENTIALS)) {
        // Uploads name where they go on in any answer; the status varies with the rest, so that each meets each target.
        all.push({ what, status: STATUSES[all.length % STATUSES.length]!, target, login });
      }
    }
  }
  return all;
}

/** A registry that wants a login and then sends whoever has given it elsewhere. */
async function trap() {
  const recorded: string[] = [];
  let current: Shape = { what: "blob", status: 307, target: "another port", login: "basic" };
  let loggedIn = 0;
  const other = await serve(async (request) => {
    const { method, url, headers } = request;
    recorded.push(inspect([method, url, [...headers]]) + (await request.text()));
    if (url.endsWith("/back")) {
      const location = `${own.origin}/v2/acme/app/blobs/elsewhere`;
      return new Response(null, { status: 307, headers: { location, ...FORWARD } });
    }
    // It asks for the login itself.
    const challenge = `Bearer realm="${other.origin}/token",service="x", Basic realm="x"`;
    return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
  });
  const own = await serve(async (request) => {
    await request.arrayBuffer();
    const { pathname } = new URL(request.url);
    const isToken = pathname === "/token";
    const authorization = request.headers.get("authorization");
    const location = TARGETS[current.target]!(own.origin, other.origin);
    const away = () => {
      const upload = current.what === "upload" || current.what === "mount";
      return new Response(null, { status: upload ? 202 : current.status, headers: { location, ...FORWARD } });
    };
    if (isToken) return current.what === "token" ? away() : Response.json({ token: ACCESS });
    if (authorization === null && request.headers.get("cookie") === null) {
      const basic = 'Basic realm="x"';
      const bearer = `Bearer realm="${own.origin}/token",service="x"`;
      const challenge = current.login === "basic" ? basic : bearer;
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge, ...FORWARD } });
    }
    loggedIn++;
    if (request.method === "HEAD" && current.what === "upload") return new Response(null, { status: 404 });
    return away();
  });
  return { own, recorded, arm: (shape: Shape) => (current = shape), logins: () => loggedIn };
}

test("no login reaches another origin, and none is in an error", async () => {
  const { own, recorded, arm, logins } = await trap();
  const small = describe(someBytes(100));
  const large = describe(someBytes(2 << 20));
  const all = shapes();
  expect(all.length).toBeGreaterThanOrEqual(200);
  let failed = 0;
  for (const shape of all) {
    arm(shape);
    const credential = CREDENTIALS[shape.login]!;
    const registry = new HttpRegistry({
      credentials: { credentialFor: async () => credential },
      ...{ env: {}, idleMs: 2000, pace: { attempts: 1, firstMs: 1 } },
    });
    const at = reference(own.host);
    const work = {
      blob: () => download(registry, at, small),
      "large blob": () => download(registry, at, large),
      manifest: () => registry.document(at),
      HEAD: () => registry.resolve(at),
      upload: () => registry.upload(at, blobOf(someBytes(100))),
      mount: () => registry.upload(at, blobOf(someBytes(100)), { mountFrom: [reference(own.host, "a/b")] }),
      token: () => registry.putDocument(at, documentOf([blobOf(someBytes(10), mediaType.ociConfig)])),
    }[shape.what];
    const error = await work().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await registry.close();
    if (error !== undefined) failed++;
    const shown = `${inspect(error, { depth: 10, showHidden: true })} ${String(error)} ${JSON.stringify(error)} ${(error as Error | undefined)?.stack}`;
    for (const needle of NEEDLES) {
      if (shown.includes(needle))
        throw new Error(`an error shows a login: ${JSON.stringify(shape)} ${shown}`);
    }
  }
  // The trap has worked: logins came, and others were asked.
  expect(logins()).toBeGreaterThan(150);
  expect(recorded.length).toBeGreaterThan(50);
  for (const request of recorded) {
    for (const needle of NEEDLES) expect(request).not.toContain(needle);
    expect(request).not.toMatch(/'(?:authorization|proxy-authorization|cookie)'/);
  }
  expect(failed).toBe(all.length);
});

const REALMS: Readonly<Record<string, (own: string, other: string) => string>> = {
  "another port": (_, other) => `${other}/token`,
  "another name": (own) => `${own.replace("127.0.0.1", "localhost")}/token`,
  "a name with a dot": (own) => `${own.replace("127.0.0.1", "localhost.")}/token`,
  "another loopback": (own) => `${own.replace("127.0.0.1", "127.0.0.2")}/token`,
  https: (own) => `${own.replace("http:", "https:")}/token`,
  "a login in it": (own, other) => `http://${new URL(own).host}@${new URL(other).host}/token`,
  mapped: (_, other) => `${other.replace("127.0.0.1", "[::ffff:127.0.0.1]")}/token`,
  number: (_, other) => `${other.replace("127.0.0.1", "2130706433")}/token`,
  metadata: () => "http://169.254.169.254/latest/meta-data/",
  "a file": () => "file:///etc/passwd",
  relative: () => "/token",
  nothing: () => "",
};

test("no login is sent to a token server that is another origin", async () => {
  const recorded: string[] = [];
  const other = await serve(async (request) => {
    recorded.push(inspect([request.url, [...request.headers]]) + (await request.text()));
    return Response.json({ token: ACCESS });
  });
  let realm = "";
  const own = await serve(async () => {
    const challenge = `Bearer realm="${realm}",service="x"`;
    return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
  });
  for (const of of Object.values(REALMS)) {
    for (const login of ["bearer", "identity"]) {
      realm = of(own.origin, other.origin);
      const registry = new HttpRegistry({
        credentials: { credentialFor: async () => CREDENTIALS[login] },
        ...{ env: {}, pace: { attempts: 1 } },
      });
      onTestFinished(() => registry.close());
      const error = await registry.document(reference(own.host)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "TOKEN_SERVER_REFUSED" });
      for (const needle of NEEDLES) expect(inspect(error)).not.toContain(needle);
    }
  }
  expect(recorded).toEqual([]);
});

test("a registry that repeats a login in its refusal does not bring it into the message", async () => {
  const own = await serve(async ({ headers }) => {
    const authorization = headers.get("authorization");
    if (authorization === null) {
      return new Response(null, { status: 401, headers: { "www-authenticate": "Basic" } });
    }
    const errors = [{ code: "DENIED", message: `your header was ${authorization}` }];
    return Response.json({ errors }, { status: 403 });
  });
  const credentials = { credentialFor: async () => CREDENTIALS["basic"] };
  const registry = new HttpRegistry({ credentials, env: {} });
  onTestFinished(() => registry.close());
  const error = await registry.document(reference(own.host)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "REGISTRY_DENIED" });
  for (const needle of NEEDLES) expect(inspect(error)).not.toContain(needle);
});
