import { expect, describe as group, test } from "vitest";
import { parseChallenges } from "../../../src/adapters/registry-http/authorizer.js";
import { verifyLogin } from "../../../src/adapters/registry-http/http-registry.js";
import {
  alice,
  aliceAccount,
  blobOf,
  client,
  failure,
  only,
  reference,
  requestLines,
  seedBlob,
  seedImage,
  serve,
  served,
  someBytes,
} from "./client.js";

group("challenges", () => {
  const rows: readonly (readonly [string | undefined, unknown])[] = [
    [undefined, []],
    ["", []],
    ["Basic", [["basic", {}]]],
    ['Basic realm="a b"', [["basic", { realm: "a b" }]]],
    ['BEARER Realm="x",service=y', [["bearer", { realm: "x", service: "y" }]]],
    ['Bearer realm="x" , service = "y"', [["bearer", { realm: "x", service: "y" }]]],
    [
      'Basic realm="a", Bearer realm="b",scope="repository:a/b:pull,push"',
      [
        ["basic", { realm: "a" }],
        ["bearer", { realm: "b", scope: "repository:a/b:pull,push" }],
      ],
    ],
    ['Bearer realm="a \\"quoted\\" \\\\ one"', [["bearer", { realm: 'a "quoted" \\ one' }]]],
    ['Bearer realm="never ends', [["bearer", { realm: "" }]]],
    [
      "Negotiate, Basic",
      [
        ["negotiate", {}],
        ["basic", {}],
      ],
    ],
    ['realm="x"', []],
    ['"', []],
    ["Bearer realm=", [["bearer", { realm: "" }]]],
  ];
  test.each(rows)("%j", (header, expected) => {
    const found = parseChallenges(header).map(({ scheme, parameters }) => [scheme, parameters]);
    expect(found).toEqual(expected);
  });

  test("a header made to take long does not", () => {
    const start = performance.now();
    for (const part of [" ", ",", "a", 'a="', "\\", "a=,", "="])
      parseChallenges(`Bearer ${part.repeat(60_000)}`);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

/** A registry whose tokens come from an answer that a test writes. */
async function tokens(
  answer: (request: Request, count: number) => Response | Promise<Response>,
  isGood: (authorization: string | null, count: number) => boolean = (it) =>
    it?.startsWith("Bearer ") === true,
  challenges?: (origin: string) => string,
) {
  const { memory, host, origin } = await served();
  const { document } = await seedImage(memory);
  const asked: { readonly request: Request; readonly form: URLSearchParams }[] = [];
  let requests = 0;
  memory.faults.add({
    times: Number.POSITIVE_INFINITY,
    respond: async (request, pass) => {
      if (new URL(request.url).pathname === "/token") {
        const form = new URLSearchParams(request.method === "POST" ? await request.clone().text() : "");
        asked.push({ request, form });
        return answer(request, asked.length);
      }
      requests++;
      if (isGood(request.headers.get("authorization"), requests)) return pass();
      const challenge = challenges?.(origin) ?? `Bearer realm="${origin}/token",service="here"`;
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
    },
  });
  return { memory, host, origin, document, asked };
}

group("token answers", () => {
  const good: readonly (readonly [string, unknown])[] = [
    ["token", { token: "t" }],
    ["access_token only", { access_token: "t" }],
    ["an empty token beside a good one", { token: "", access_token: "t" }],
    ["good for 0 s", { token: "t", expires_in: 0 }],
    ["good for -1 s", { token: "t", expires_in: -1 }],
    ["good for a text of seconds", { token: "t", expires_in: "60" }],
    ["good for no number", { token: "t", expires_in: "soon" }],
    ["good for ever", { token: "t", expires_in: 1e300 }],
    [
      "issued by a clock that is a day off",
      { token: "t", issued_at: "2001-01-01T00:00:00Z", expires_in: 60 },
    ],
  ];
  test.each(good)("%s", async (_, body) => {
    const { host, asked, document } = await tokens(() => Response.json(body));
    const registry = client({ credentials: only(alice) });
    expect((await registry.document(reference(host))).descriptor).toEqual(document.descriptor);
    await registry.document(reference(host));
    expect(asked).toHaveLength(1);
  });

  const bad: readonly (readonly [string, () => Response])[] = [
    ["no token", () => Response.json({})],
    ["a token that is none", () => Response.json({ token: 5 })],
    ["a token with a line break", () => Response.json({ token: "a\r\nx: y" })],
    ["null", () => Response.json(null)],
    ["a text", () => Response.json("t")],
    ["no JSON", () => new Response("<html>")],
    ["more than 1 MiB", () => Response.json({ token: "t".repeat(1 << 20) })],
    ["401", () => new Response(null, { status: 401 })],
    ["404", () => new Response(null, { status: 404 })],
    ["another server", () => redirect("https://elsewhere.example/token")],
    ["another port", () => redirect("http://127.0.0.1:1/token")],
    ["no address", () => redirect("http://[")],
    ["itself, for ever", () => redirect("/token")],
  ];
  test.each(bad)("%s", async (_, answer) => {
    const { host } = await tokens(answer);
    const error = await failure(client({ credentials: only(alice) }).document(reference(host)));
    expect(error).toMatchObject({ code: "TOKEN_FAILED", subject: host });
    expect(JSON.stringify(error) + error.stack).not.toContain(alice.password);
  });

  test("a token server that is down is what is named", async () => {
    const { host } = await tokens(
      () => Response.error(),
      () => false,
      () => `Bearer realm="http://127.0.0.1:1/token"`,
    );
    const settings = { [host]: { tokenServers: ["127.0.0.1:1"] } };
    const error = await failure(client({ settings }).document(reference(host)));
    expect(error).toMatchObject({ code: "TOKEN_FAILED" });
    expect(error.message).toContain("127.0.0.1:1");
  });

  test("a redirect within the token server is followed", async () => {
    const { host, asked } = await tokens((request) =>
      new URL(request.url).searchParams.has("moved")
        ? Response.json({ token: "t" })
        : redirect("/token?moved"),
    );
    await client().document(reference(host));
    expect(asked).toHaveLength(2);
  });
});

group("when a token is asked for", () => {
  test("requests at the same time share one", async () => {
    const { memory, host } = await served({ auth: { kind: "bearer", users: aliceAccount } });
    await seedImage(memory);
    memory.faults.add({ match: { path: "/token" }, delayMs: 50, times: 9 });
    const registry = client({ credentials: only(alice) });
    const start = performance.now();
    // More of them than connections: none may be kept by who waits for the token.
    await Promise.all(Array.from({ length: 20 }, () => registry.document(reference(host))));
    expect(performance.now() - start).toBeLessThan(3000);
    expect(requestLines(memory).filter((line) => line === "GET /token")).toHaveLength(1);
  });

  test("one that has expired is replaced, also by requests at the same time", async () => {
    const { host, asked } = await tokens(
      (_, count) => Response.json({ token: `t${count}`, expires_in: 0.2 }),
      (authorization) => authorization !== null,
    );
    const registry = client();
    await registry.document(reference(host));
    await new Promise((resolve) => setTimeout(resolve, 250));
    await Promise.all(Array.from({ length: 8 }, () => registry.document(reference(host))));
    expect(asked).toHaveLength(2);
  });

  test("one that the registry no longer takes is replaced once, in the middle of an upload", async () => {
    const { memory, host, origin } = await served();
    let token = 0;
    const used: (string | null)[] = [];
    memory.faults.add({
      times: Number.POSITIVE_INFINITY,
      respond: async (request, pass) => {
        if (new URL(request.url).pathname === "/token") return Response.json({ token: `t${++token}` });
        const authorization = request.headers.get("authorization");
        used.push(`${request.method} ${authorization}`);
        // The first token is good for three requests.
        const good = authorization === "Bearer t1" ? used.length <= 4 : authorization === "Bearer t2";
        if (good) return pass();
        const challenge = `Bearer realm="${origin}/token",error="invalid_token"`;
        return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
      },
    });
    const settings = { [host]: { chunkBytes: 100_000 } };
    const registry = client({ settings });
    expect(await registry.upload(reference(host), blobOf(someBytes(300_000)))).toBe("uploaded");
    expect(used).toEqual([
      "HEAD null",
      "HEAD Bearer t1",
      "POST Bearer t1",
      "PATCH Bearer t1",
      "PATCH Bearer t1",
      "PATCH Bearer t2",
      "PATCH Bearer t2",
      "PUT Bearer t2",
    ]);
  });

  test("one request that is given up does not take the token from the others", async () => {
    const { host, asked } = await tokens(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return Response.json({ token: "t" });
    });
    const registry = client();
    const stop = new AbortController();
    const given = registry.document(reference(host), stop.signal);
    given.catch(() => {});
    const kept = registry.document(reference(host));
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(given).rejects.toThrow("enough");
    await kept;
    expect(asked).toHaveLength(1);
  });

  test("a mount asks for both repositories", async () => {
    const { memory, host } = await served({ auth: { kind: "bearer", users: aliceAccount } });
    await seedBlob(memory, "acme/base", someBytes(1000));
    const registry = client({ credentials: only(alice) });
    const mountFrom = [reference(host, "acme/base")];
    expect(await registry.upload(reference(host), blobOf(someBytes(1000)), { mountFrom })).toBe("mounted");
    const token = memory.requests.find(({ url }) => url.includes("/token"))!;
    expect(new URL(token.url).searchParams.getAll("scope")).toEqual([
      "repository:acme/app:pull,push",
      "repository:acme/base:pull",
    ]);
  });
});

group("logins", () => {
  test("an identity token is posted, with the scopes", async () => {
    const { host, asked } = await tokens(() => Response.json({ access_token: "t" }));
    const credential = { kind: "identity", token: "refresh-me" } as const;
    await client({ credentials: only(credential) }).document(reference(host));
    expect(asked[0]?.request.method).toBe("POST");
    expect(Object.fromEntries(asked[0]!.form)).toEqual({
      ...{ grant_type: "refresh_token", refresh_token: "refresh-me", client_id: "layerwright" },
      ...{ service: "here", scope: "repository:acme/app:pull" },
    });
    expect(asked[0]?.request.headers.get("authorization")).toBeNull();
  });

  test("a token of the registry is sent as it is, once it asks", async () => {
    const { host, asked } = await tokens(
      () => Response.json({}),
      (authorization) => authorization === "Bearer as-it-is",
    );
    const credential = { kind: "bearer", token: "as-it-is" } as const;
    await client({ credentials: only(credential) }).document(reference(host));
    expect(asked).toEqual([]);
  });

  test("name and password, where both ways are offered, go the way that tokens go", async () => {
    const { host, asked } = await tokens(
      () => Response.json({ token: "t" }),
      undefined,
      (origin) => `Basic realm="x", Bearer realm="${origin}/token"`,
    );
    await client({ credentials: only(alice) }).document(reference(host));
    expect(asked[0]?.request.headers.get("authorization")).toBe(
      `Basic ${Buffer.from(`alice:${alice.password}`).toString("base64")}`,
    );
  });

  test("a challenge for tokens that leads nowhere leaves the other way", async () => {
    const isBasic = (authorization: string | null) => authorization?.startsWith("Basic ") === true;
    const { host } = await tokens(
      () => Response.json({}),
      isBasic,
      () => 'Bearer service="x", Basic realm="x"',
    );
    await client({ credentials: only(alice) }).document(reference(host));
  });

  test("a challenge that is broken, unknown or missing is a refusal", async () => {
    for (const challenge of ["Bearer", "Negotiate", "", 'Bearer realm="']) {
      const { host } = await tokens(
        () => Response.json({}),
        () => false,
        () => challenge,
      );
      const error = await failure(client({ credentials: only(alice) }).document(reference(host)));
      expect(["REGISTRY_DENIED", "TOKEN_SERVER_REFUSED"]).toContain(error.code);
    }
  });

  test("without a login, and with a wrong one, the messages differ", async () => {
    const { host } = await served({ auth: { kind: "basic", users: aliceAccount } });
    const none = await failure(client().document(reference(host)));
    const credentials = only({ ...alice, password: "wrong" });
    const wrong = await failure(client({ credentials }).document(reference(host)));
    for (const error of [none, wrong]) expect(error).toMatchObject({ code: "REGISTRY_DENIED" });
    expect(none.hint).not.toBe(wrong.hint);
  });

  test("a token server that the user allows may have it", async () => {
    const seen: (string | null)[] = [];
    const other = await serve(async ({ headers }) => {
      seen.push(headers.get("authorization"));
      return Response.json({ token: "t" });
    });
    const { host } = await tokens(
      () => Response.json({}),
      undefined,
      () => `Bearer realm="${other.origin}/token"`,
    );
    const settings = { [host]: { tokenServers: [other.host] } };
    await client({ credentials: only(alice), settings }).document(reference(host));
    expect(seen[0]).toMatch(/^Basic /);
  });

  test("a helper that fails once is asked again", async () => {
    const { host } = await served({ auth: { kind: "basic", users: aliceAccount } });
    let asked = 0;
    const registry = client({
      credentials: {
        async credentialFor() {
          if (++asked === 1) throw new Error("the helper was busy");
          return alice;
        },
      },
    });
    await expect(registry.resolve(reference(host))).rejects.toThrow("busy");
    expect(await registry.resolve(reference(host))).toBeUndefined();
  });

  test("a login is checked without a repository", async () => {
    for (const kind of ["basic", "bearer"] as const) {
      const { host } = await served({ auth: { kind, users: aliceAccount } });
      const options = { env: {}, settings: {} };
      await verifyLogin(host, alice, undefined, options);
      const wrong = { ...alice, password: "wrong" };
      const error = await failure(verifyLogin(host, wrong, undefined, options));
      expect(["REGISTRY_DENIED", "TOKEN_FAILED"]).toContain(error.code);
    }
  });
});

function redirect(location: string): Response {
  return new Response(null, { status: 307, headers: { location } });
}
