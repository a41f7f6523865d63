import { expect, describe as group, test } from "vitest";
import { verifyLogin } from "../../src/adapters/registry-http/http-registry.js";
import type { Fault } from "../../src/testing/index.js";
import {
  alice,
  aliceAccount,
  blobOf,
  client,
  download,
  failure,
  only,
  reference,
  seedImage,
  serve,
  served,
  someBytes,
} from "../adapters/registry-http/client.js";

const ALWAYS = Number.POSITIVE_INFINITY;

/** The error of a pull that is answered with a status and a body. */
async function refused(status: number, body: unknown, headers: Record<string, string> = {}) {
  const { memory, host } = await served();
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? {} : { "content-type": "application/json" };
  memory.faults.add({ times: ALWAYS, status, body: text, headers: { ...type, ...headers } });
  return failure(client().document(reference(host)));
}

const LIMIT = {
  errors: [{ code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." }],
};

group("G7: a rate limit", () => {
  test("shows the reason, and names the login", async () => {
    const error = await refused(429, LIMIT);
    expect(error.message).toContain("TOOMANYREQUESTS: You have reached your pull rate limit.");
    expect(error.hint).toContain("layerwright login");
    expect(error).toMatchObject({ code: "REGISTRY_FAILED", status: 429 });
  });

  test("that asks for a long wait shows it too", async () => {
    const error = await refused(429, LIMIT, { "retry-after": "86400" });
    expect(error.code).toBe("REGISTRY_BUSY");
    expect(error.message).toContain("86400 s, TOOMANYREQUESTS: You have reached your pull rate limit.");
    expect(error.hint).toContain("layerwright login");
  });

  test("of somebody who is logged in names no login", async () => {
    const { memory, host } = await served();
    memory.faults.add({ times: ALWAYS, status: 429, body: JSON.stringify(LIMIT) });
    const error = await failure(client({ credentials: only(alice) }).document(reference(host)));
    expect(error.hint).not.toContain("login");
  });

  test("a fault of the server shows its words as well", async () => {
    const error = await refused(503, { errors: [{ code: "UNAVAILABLE", message: "read-only mode" }] });
    expect(error.message).toContain("503, UNAVAILABLE: read-only mode");
    expect(error.hint).toContain("the registry's side");
  });
});

group("G18: the storage behind a redirect refuses", () => {
  const XML =
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';

  test.each([5000, 2_000_000])("it is named, for a blob of %i bytes", async (size) => {
    const { memory, host } = await served();
    const { layer } = await seedImage(memory, "acme/app", "v1", someBytes(size));
    const storage = await serve(async () => new Response(XML, { status: 403 }));
    const headers = { location: `${storage.origin}/bucket?X-Amz-Signature=0123456789` };
    memory.faults.add({ match: { path: /\/blobs\// }, times: ALWAYS, status: 307, headers });
    const error = await failure(download(client(), reference(host), layer));
    expect(error).toMatchObject({ code: "STORAGE_REFUSED", status: 403 });
    expect(error.message).toContain(`the storage ${storage.host}`);
    expect(error.message).toContain("AccessDenied: Request has expired");
    expect(error.message).not.toContain("0123456789");
    expect(error.hint).not.toContain("log in");
  });
});

group("G23: the registry's own words", () => {
  test("every error is shown, with its detail", async () => {
    const error = await refused(400, {
      errors: [
        { code: "MANIFEST_INVALID", message: "manifest invalid", detail: { name: "app", tags: ["v1"] } },
        { code: "NAME_INVALID", message: "", detail: "bad name" },
      ],
    });
    expect(error.message).toContain(
      'MANIFEST_INVALID: manifest invalid ({"name":"app","tags":["v1"]}); NAME_INVALID (bad name)',
    );
  });

  const forms: readonly (readonly [string, unknown, Record<string, string>, string])[] = [
    ["one message", { message: "quota exceeded" }, {}, "quota exceeded"],
    ["status and message", { errors: [{ status: 404, message: "No repo" }] }, {}, "404: No repo"],
    ["error and its description", { error: "denied", error_description: "expired" }, {}, "expired"],
    ["an error as a text", { error: "no such project" }, {}, "no such project"],
    ["a list of texts", { errors: ["first", "second"] }, {}, "first; second"],
    ["details in the plural", { details: "incorrect password" }, {}, "incorrect password"],
    ["a problem document", { title: "Locked", detail: "by an admin" }, {}, "Locked (by an admin)"],
    ["plain text", "repository is frozen\n", { "content-type": "text/plain" }, "repository is frozen"],
    ["a page", "<html><head><title>Blocked by policy</title></head>", {}, "Blocked by policy"],
  ];
  test.each(forms)("%s", async (_, body, headers, words) => {
    expect((await refused(400, body, headers)).message).toContain(`it answers 400, ${words}`);
  });

  test.each([null, [], "", { errors: null }, { errors: [] }, { errors: [null, 7, {}] }, 5])(
    "nothing that can be read: %j",
    async (body) => {
      expect((await refused(400, JSON.stringify(body))).code).toBe("REGISTRY_REFUSED");
    },
  );

  test("they are one line of letters, and not long", async () => {
    const message = `a\r\n\u001b[31mred\u202e\u2028b ${"x".repeat(5000)}`;
    const error = await refused(400, { errors: Array.from({ length: 50 }, () => ({ code: "A", message })) });
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(error.message.length).toBeLessThan(1000);
  });

  test("more than 64 KiB of them are not read", async () => {
    const error = await refused(400, { errors: [{ code: "LONG", message: "x".repeat(1 << 20) }] });
    expect(error.code).toBe("REGISTRY_REFUSED");
    expect(error.message).not.toContain("LONG");
  });

  test("secrets in them are masked", async () => {
    const secret = "s3cr3tvalue99";
    const error = await refused(400, {
      errors: [
        { code: "X", message: `header Authorization: Bearer ${secret}`, detail: { access_token: secret } },
        { code: "Y", message: `https://user:${secret}@host/ and password=${secret}`, detail: { secret } },
        { code: "Z", message: `token: ${secret}`, detail: `?X-Amz-Signature=${secret}&a=1` },
      ],
    });
    expect(error.message).not.toContain(secret);
    expect(error.message).toContain("X: header");
  });

  test("the user's own password is masked, wherever it stands", async () => {
    const password = "correct horse";
    const { memory, host } = await served();
    const body = JSON.stringify({ errors: [{ code: "DENIED", message: `got ${password} from alice` }] });
    memory.faults.add({ times: ALWAYS, status: 403, body });
    const credentials = only({ kind: "password", username: "alice", password });
    const error = await failure(client({ credentials }).document(reference(host)));
    expect(error.message).toContain("DENIED: got *** from alice");
  });

  test("the token server's are shown as well", async () => {
    const token = await serve(async () =>
      Response.json({ errors: [{ code: "DENIED", message: "access forbidden" }] }, { status: 403 }),
    );
    const challenge = { "www-authenticate": `Bearer realm="${token.origin}/jwt/auth",service="x"` };
    const { memory, host } = await served();
    const fault: Fault = { times: ALWAYS, status: 401, headers: challenge };
    memory.faults.add(fault);
    const settings = { [host]: { tokenServers: [token.host] } };
    const error = await failure(client({ settings }).upload(reference(host), blobOf(someBytes(10))));
    expect(error.code).toBe("TOKEN_FAILED");
    expect(error.message).toContain("DENIED: access forbidden");
  });
});

group("G19: a login at a registry that is open to all", () => {
  const options = { env: {}, pace: { firstMs: 1 } };

  test("says that nothing was checked", async () => {
    const { host } = await served();
    expect(await verifyLogin(host, alice, undefined, options)).toEqual({ checked: false });
  });

  test.each(["basic", "bearer"] as const)("is checked where the registry asks: %s", async (kind) => {
    const { host } = await served({ auth: { kind, users: aliceAccount } });
    expect(await verifyLogin(host, alice, undefined, options)).toEqual({ checked: true });
  });
});
