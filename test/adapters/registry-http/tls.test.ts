import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, describe as group, test, vi } from "vitest";
import { type Certificates, makeCertificates } from "../../peers/certificates.js";
import { requireRegistry, startRealRegistry } from "../../peers/real-registry.js";
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
} from "./client.js";

let folder: string;
let own: Certificates;
let elsewhere: Certificates;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lw-test-"));
  own = makeCertificates(folder);
  mkdirSync(join(folder, "elsewhere"));
  elsewhere = makeCertificates(join(folder, "elsewhere"), "DNS:elsewhere.example");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Small and large things, which take different ways. */
const SIZES = [5000, 2_000_000];

async function secure(tls: Certificates) {
  const { memory, host } = await served({ tls });
  const small = await seedImage(memory, "acme/app", "v1", someBytes(SIZES[0]!));
  const large = await seedImage(memory, "acme/large", "v1", someBytes(SIZES[1]!));
  return { memory, host, small: small.layer, large: large.layer };
}

async function failures(host: string, ca?: string) {
  const settings = { [host]: { http: false, ...(ca === undefined ? {} : { ca }) } };
  const registry = client({ settings, pace: { attempts: 1 } });
  const { descriptor } = blobOf(someBytes(2_000_000));
  return [
    await failure(registry.document(reference(host))),
    await failure(download(registry, reference(host), descriptor)),
    await failure(registry.upload(reference(host), blobOf(someBytes(1000)))),
  ];
}

group("row 25: TLS", () => {
  test("an authority of one's own, by the settings and by certs.d", async () => {
    const { host, small, large } = await secure(own);
    const settings = { [host]: { http: false, ca: own.caFile } };
    const registry = client({ settings });
    expect(await download(registry, reference(host), small)).toHaveLength(SIZES[0]!);
    expect(await download(registry, reference(host, "acme/large"), large)).toHaveLength(SIZES[1]!);
    const certs = join(folder, "config/containers/certs.d", host);
    mkdirSync(certs, { recursive: true });
    writeFileSync(join(certs, "ca.crt"), readFileSync(own.caFile));
    vi.stubEnv("XDG_CONFIG_HOME", join(folder, "config"));
    try {
      const other = client({ settings: { [host]: { http: false } } });
      expect(await download(other, reference(host, "acme/large"), large)).toHaveLength(SIZES[1]!);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("no authority, or another one", async () => {
    const { memory, host } = await secure(own);
    for (const error of [...(await failures(host)), ...(await failures(host, elsewhere.caFile))])
      expect(error).toMatchObject({ code: "REGISTRY_CERTIFICATE", subject: host });
    expect(memory.requests).toEqual([]);
  });

  test("a certificate for another name", async () => {
    const { memory, host } = await secure(elsewhere);
    for (const error of await failures(host, elsewhere.caFile)) {
      expect(error).toMatchObject({ code: "REGISTRY_CERTIFICATE" });
      expect(error.message).toContain("another name");
    }
    expect(memory.requests).toEqual([]);
  });

  test("https to a server that speaks http: no way back to http", async () => {
    const { memory, host } = await served();
    for (const error of await failures(host)) {
      expect(error).toMatchObject({ code: "REGISTRY_CERTIFICATE" });
      expect(error.message).toContain("does not speak TLS");
    }
    expect(memory.requests).toEqual([]);
  });

  test("http to a server that speaks https", async () => {
    const { memory, host } = await secure(own);
    const registry = client({ pace: { attempts: 1 } });
    const { descriptor } = blobOf(someBytes(2_000_000));
    for (const work of [
      registry.document(reference(host)),
      download(registry, reference(host), descriptor),
      registry.upload(reference(host), blobOf(someBytes(1000))),
    ])
      expect(["REGISTRY_UNREACHABLE", "REGISTRY_REFUSED"]).toContain((await failure(work)).code);
    expect(memory.requests).toEqual([]);
  });
});

test("docker-registry with TLS and a password", async (context) => {
  requireRegistry(context);
  const { username: user, password } = alice;
  const real = await startRealRegistry({ auth: { user, password }, tls: true });
  try {
    const { host } = real;
    const settings = { [host]: { http: false, ca: real.caFile! } };
    const registry = client({ settings, credentials: only(alice) });
    const at = reference(host);
    const [config, small, large] = [
      blobOf(Buffer.from("{}"), "application/vnd.oci.image.config.v1+json"),
      blobOf(someBytes(1000, 2)),
      blobOf(someBytes(3_000_000, 3)),
    ];
    for (const blob of [config, small, large]) expect(await registry.upload(at, blob)).toBe("uploaded");
    expect(await registry.upload(at, large)).toBe("present");
    const mountFrom = [at];
    expect(await registry.upload(reference(host, "acme/other"), large, { mountFrom })).toBe("mounted");
    const document = documentOf([config, small, large]);
    await registry.putDocument(at, document);
    expect(await registry.resolve(at)).toEqual(document.descriptor);
    expect(await registry.document(at)).toEqual({
      descriptor: document.descriptor,
      bytes: Buffer.from(document.bytes),
    });
    expect(await download(registry, at, large.descriptor)).toHaveLength(3_000_000);
    const chunked = client({
      settings: { [host]: { ...settings[host]!, chunkBytes: 700_000 } },
      credentials: only(alice),
    });
    expect(await chunked.upload(at, blobOf(someBytes(3_000_000, 4)))).toBe("uploaded");
    for (const credentials of [undefined, only({ ...alice, password: "wrong" })]) {
      const error = await failure(client({ settings, credentials }).document(at));
      expect(error).toMatchObject({ code: "REGISTRY_DENIED" });
    }
    // Go answers in words there.
    const plain = await failure(client().document(at));
    expect(plain.message).toContain("it speaks https");
  } finally {
    await real.stop();
  }
});
