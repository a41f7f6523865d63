import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.js";
import { MemoryRegistry, type RegistryAuth } from "../../../src/testing/index.js";
import { codeOf, HttpClient } from "./http-client.js";

const users = { ann: "s3cret:with colon", bob: "pass" };
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
});
const ANN = basic("ann", users.ann);

function registryFor(auth: RegistryAuth, now = Date.now) {
  const registry = new MemoryRegistry({ auth, now });
  return new HttpClient(registry.handle, "http://registry.example:5000");
}

const challengeOf = (answer: Response) => answer.headers.get("www-authenticate");

describe("a registry with passwords", () => {
  it("takes each user's own, and no other", async () => {
    const client = registryFor({ kind: "basic", users });
    expect((await client.ask("/v2/", { headers: ANN })).status).toBe(200);
    expect((await client.ask("/v2/", { headers: basic("bob", "pass") })).status).toBe(200);
    const bad = [
      {},
      basic("ann", "pass"),
      basic("eve", ""),
      basic("toString", ""),
      { authorization: "Basic !" },
    ];
    for (const headers of bad) {
      const answer = await client.ask("/v2/", { headers });
      expect([answer.status, challengeOf(answer)]).toEqual([401, 'Basic realm="memory-registry"']);
      expect(await codeOf(answer)).toBe("UNAUTHORIZED");
    }
  });

  it("lets anybody pull where that is free, and nobody push", async () => {
    const client = registryFor({ kind: "basic", users, anonymousPull: true });
    expect((await client.ask("/v2/acme/app/tags/list")).status).toBe(404);
    expect((await client.ask("/v2/acme/app/blobs/uploads/", { method: "POST" })).status).toBe(401);
    expect((await client.ask("/v2/acme/app/manifests/v1", { method: "DELETE" })).status).toBe(401);
    expect((await client.ask("/v2/_catalog")).status).toBe(401);
    // An account that is wrong is not the same as none.
    expect((await client.ask("/v2/acme/app/tags/list", { headers: basic("ann", "no") })).status).toBe(401);
  });

  it("serves no tokens", async () => {
    const client = registryFor({ kind: "basic", users });
    expect((await client.ask("/token", { headers: ANN })).status).toBe(404);
  });
});

describe("a registry with tokens", () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  async function tokenFor(client: HttpClient, scope: string, headers: Record<string, string> = ANN) {
    const answer = await client.ask(`/token?service=memory-registry&scope=${scope}`, { headers });
    const body = (await answer.json()) as Record<string, string>;
    return { status: answer.status, token: body["token"] ?? "", body };
  }

  const form = (fields: Record<string, string>) => ({
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });

  it("says where tokens are and which one is needed", async () => {
    const client = registryFor({ kind: "bearer", users });
    const start = 'Bearer realm="http://registry.example:5000/token",service="memory-registry"';
    expect(challengeOf(await client.ask("/v2/"))).toBe(start);
    const cases = [
      ["GET", "/v2/acme/app/manifests/v1", "repository:acme/app:pull"],
      ["HEAD", "/v2/acme/app/tags/list", "repository:acme/app:pull"],
      ["POST", "/v2/acme/app/blobs/uploads/", "repository:acme/app:pull,push"],
      ["PUT", "/v2/acme/app/manifests/v1", "repository:acme/app:pull,push"],
      ["DELETE", "/v2/acme/app/manifests/v1", "repository:acme/app:delete"],
      ["GET", "/v2/_catalog", "registry:catalog:*"],
      [
        "POST",
        `/v2/acme/app/blobs/uploads/?mount=${digestOf("x")}&from=acme/base`,
        "repository:acme/app:pull,push repository:acme/base:pull",
      ],
    ] as const;
    for (const [method, path, scope] of cases) {
      const answer = await client.ask(path, { method });
      expect([answer.status, challengeOf(answer)]).toEqual([401, `${start},scope="${scope}"`]);
    }
  });

  it("gives a token for a name and password, good for its scopes alone", async () => {
    const client = registryFor({ kind: "bearer", users });
    const { status, token, body } = await tokenFor(client, "repository:acme/app:pull");
    expect(status).toBe(200);
    expect(body).toEqual({
      token,
      access_token: token,
      expires_in: 300,
      issued_at: expect.stringMatching(/^\d{4}-.+Z$/),
    });
    const headers = bearer(token);
    expect((await client.ask("/v2/acme/app/tags/list", { headers })).status).toBe(404);
    expect((await client.ask("/v2/", { headers })).status).toBe(200);
    for (const path of ["/v2/acme/other/tags/list", "/v2/acme/app/blobs/uploads/"]) {
      const method = path.endsWith("/") ? "POST" : "GET";
      const answer = await client.ask(path, { method, headers });
      expect(answer.status).toBe(401);
      expect(challengeOf(answer)).toContain('error="insufficient_scope"');
    }
  });

  it("takes several scopes, apart or in one text", async () => {
    const client = registryFor({ kind: "bearer", users });
    const scopes = [
      "repository:acme/one:pull,push&scope=repository:acme/two:pull",
      "repository:acme/one:pull,push%20repository:acme/two:pull",
    ];
    for (const scope of scopes) {
      const { token } = await tokenFor(client, scope);
      const mount = `/v2/acme/one/blobs/uploads/?mount=${digestOf("x")}&from=acme/two`;
      expect((await client.ask(mount, { method: "POST", headers: bearer(token) })).status).toBe(202);
    }
  });

  it("refuses a token that is unknown or too old", async () => {
    let now = 1_000_000;
    const client = registryFor({ kind: "bearer", users, tokenSeconds: 60 }, () => now);
    const { token, body } = await tokenFor(client, "repository:acme/app:pull");
    expect(body["expires_in"]).toBe(60);
    now += 59_999;
    expect((await client.ask("/v2/acme/app/tags/list", { headers: bearer(token) })).status).toBe(404);
    now += 1;
    for (const headers of [bearer(token), bearer("made-up"), ANN]) {
      const answer = await client.ask("/v2/acme/app/tags/list", { headers });
      expect(answer.status).toBe(401);
      expect(challengeOf(answer)).toContain('error="invalid_token"');
    }
  });

  it("gives nobody a token for a wrong password, nor without one unless pulling is free", async () => {
    const scope = "repository:acme/app:pull,push";
    const closed = registryFor({ kind: "bearer", users });
    expect((await tokenFor(closed, scope, {})).status).toBe(401);
    const open = registryFor({ kind: "bearer", users, anonymousPull: true });
    expect((await tokenFor(open, scope, basic("ann", "no"))).status).toBe(401);
    const { status, token } = await tokenFor(open, scope, {});
    expect(status).toBe(200);
    expect((await open.ask("/v2/acme/app/tags/list", { headers: bearer(token) })).status).toBe(404);
    const push = { method: "POST", headers: bearer(token) };
    expect((await open.ask("/v2/acme/app/blobs/uploads/", push)).status).toBe(401);
  });

  it("speaks OAuth2: a password, and the refresh token that stands for it", async () => {
    const client = registryFor({ kind: "bearer", users });
    const scope = "repository:acme/app:pull";
    const password = { grant_type: "password", username: "ann", password: users.ann, scope };
    const plain = (await (await client.ask("/token", form(password))).json()) as Record<string, string>;
    expect(plain["scope"]).toBe(scope);
    expect(plain["refresh_token"]).toBeUndefined();
    const offline = form({ ...password, access_type: "offline" });
    const kept = (await (await client.ask("/token", offline)).json()) as Record<string, string>;
    const refresh = { grant_type: "refresh_token", refresh_token: kept["refresh_token"]!, scope };
    const again = (await (await client.ask("/token", form(refresh))).json()) as Record<string, string>;
    expect(again["access_token"]).not.toBe(kept["access_token"]);
    for (const { access_token } of [plain, kept, again] as unknown as { access_token: string }[]) {
      const answer = await client.ask("/v2/acme/app/tags/list", { headers: bearer(access_token) });
      expect(answer.status).toBe(404);
    }
    const wrong = [form({ ...password, password: "no" }), form({ ...refresh, refresh_token: "made-up" })];
    for (const ask of wrong) expect((await client.ask("/token", ask)).status).toBe(401);
    expect((await client.ask("/token", form({ grant_type: "other" }))).status).toBe(400);
    expect((await client.ask("/token", { method: "PUT" })).status).toBe(405);
  });

  it("gives a refresh token by GET where one is asked for", async () => {
    const client = registryFor({ kind: "bearer", users });
    const { body } = await tokenFor(client, "repository:acme/app:pull&offline_token=true");
    const refresh = { grant_type: "refresh_token", refresh_token: body["refresh_token"]! };
    expect((await client.ask("/token", form(refresh))).status).toBe(200);
  });
});
