import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryRegistry } from "../../src/testing/index.js";
import { makeCertificates } from "./certificates.js";
import { registrySkipReason, requireRegistry, startRealRegistry } from "./real-registry.js";
import { serveHandler } from "./serve-handler.js";

/** The status of a GET over TLS, trusting one authority alone. */
function getOverTls(origin: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpsRequest(`${origin}/v2/`, { ca }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .once("error", reject)
      .end();
  });
}

describe("serveHandler", () => {
  it("passes large bodies both ways, piece by piece", async () => {
    const served = await serveHandler(new MemoryRegistry().handle);
    onTestFinished(() => served.close());
    const bytes = randomBytes(32 * 1024 * 1024);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const put = await fetch(`${served.origin}/v2/acme/app/blobs/uploads/?digest=${digest}`, {
      method: "POST",
      body: bytes,
    });
    expect(put.status).toBe(201);
    const hash = createHash("sha256");
    for await (const piece of (await fetch(`${served.origin}/v2/acme/app/blobs/${digest}`)).body!) {
      hash.update(piece);
    }
    expect(`sha256:${hash.digest("hex")}`).toBe(digest);
    expect(served.failures).toEqual([]);
  });

  it("answers before a body was read, and the connection lives on", async () => {
    const served = await serveHandler(async () => new Response("no", { status: 401 }));
    onTestFinished(() => served.close());
    for (let time = 0; time < 3; time++) {
      const answer = await fetch(served.origin, { method: "PUT", body: randomBytes(4 * 1024 * 1024) });
      expect([answer.status, await answer.text()]).toEqual([401, "no"]);
    }
  });

  it("says what a handler threw", async () => {
    const failure = new Error("a bug");
    const served = await serveHandler(() => Promise.reject(failure));
    onTestFinished(() => served.close());
    await expect(fetch(served.origin)).rejects.toThrow();
    expect(served.failures).toEqual([failure]);
  });

  it("serves HTTPS to who trusts its authority", async (test) => {
    requireRegistry(test);
    const folder = mkdtempSync(join(tmpdir(), "layerwright-certificates-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const tls = makeCertificates(folder);
    const served = await serveHandler(new MemoryRegistry().handle, { tls });
    onTestFinished(() => served.close());
    expect(await getOverTls(served.origin, readFileSync(tls.caFile, "utf8"))).toBe(200);
    await expect(fetch(`${served.origin}/v2/`)).rejects.toThrow();
  });
});

describe.skipIf(registrySkipReason() !== undefined)("a real registry", () => {
  it("asks for a password where it is told to", async () => {
    const { origin, stop } = await startRealRegistry({ auth: { user: "ann", password: "s3cret" } });
    onTestFinished(stop);
    const status = async (password: string) => {
      const authorization = `Basic ${Buffer.from(`ann:${password}`).toString("base64")}`;
      return (await fetch(`${origin}/v2/`, { headers: { authorization } })).status;
    };
    expect([await status("s3cret"), await status("other")]).toEqual([200, 401]);
  });

  it("serves HTTPS where it is told to", async () => {
    const { origin, caFile, stop } = await startRealRegistry({ tls: true });
    onTestFinished(stop);
    expect(await getOverTls(origin, readFileSync(caFile!, "utf8"))).toBe(200);
  });
});
