import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import { HttpRegistry, type HttpRegistryOptions } from "../../../src/adapters/registry-http/http-registry.js";
import { canonicalJson } from "../../../src/core/json.js";
import { isLayerwrightError, type LayerwrightError } from "../../../src/errors/layerwright-error.js";
import { digestOf } from "../../../src/oci/digest.js";
import type { Descriptor } from "../../../src/oci/manifest.js";
import { mediaType } from "../../../src/oci/manifest.js";
import { parseReference, type Reference } from "../../../src/oci/reference.js";
import type {
  Credential,
  CredentialSource,
  RegistryDocument,
  UploadBlob,
} from "../../../src/ports/registry.js";
import { MemoryRegistry, type MemoryRegistryOptions } from "../../../src/testing/index.js";
import { type Handler, type Served, type ServeOptions, serveHandler } from "../../peers/serve-handler.js";

/** A client that loses no time; it is closed with the test. */
export function client(options: HttpRegistryOptions = {}): HttpRegistry {
  const { pace, ...rest } = options;
  const registry = new HttpRegistry({ env: {}, pace: { firstMs: 1, ...pace }, ...rest });
  onTestFinished(() => registry.close());
  return registry;
}

/** A handler behind a socket until the test is over. */
export async function serve(handler: Handler, options?: ServeOptions): Promise<Served> {
  const served = await serveHandler(handler, options);
  onTestFinished(() => served.close());
  return served;
}

/** A registry in memory behind a socket. */
export async function served(
  options?: MemoryRegistryOptions & ServeOptions,
): Promise<{ readonly memory: MemoryRegistry; readonly host: string; readonly origin: string }> {
  const memory = new MemoryRegistry(options);
  const { host, origin } = await serve(memory.handle, options);
  return { memory, host, origin };
}

export function only(credential: Credential): CredentialSource {
  return { credentialFor: async () => credential };
}

export const alice = { kind: "password", username: "alice", password: "wonder:land/ü" } as const;
export const aliceAccount = { alice: alice.password };

export function reference(host: string, rest = "acme/app:v1"): Reference {
  return parseReference(`${host}/${rest}`);
}

/** Bytes that look random and are the same in each run. */
export function someBytes(size: number, seed = 1): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at * 32 < size; at++) parts.push(createHash("sha256").update(`${seed} ${at}`).digest());
  return Buffer.concat(parts).subarray(0, size);
}

export function describe(bytes: Uint8Array, type: string = mediaType.ociLayerGzip): Descriptor {
  return { mediaType: type, digest: digestOf(bytes), size: bytes.length };
}

/** A blob to upload, which notes how often it was read and from where. */
export function blobOf(bytes: Buffer, type?: string): UploadBlob & { readonly reads: number[] } {
  const reads: number[] = [];
  return {
    reads,
    descriptor: describe(bytes, type),
    async *bytes(offset) {
      reads.push(offset);
      for (let at = offset; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
    },
  };
}

/** A manifest of blobs. */
export function documentOf(blobs: readonly UploadBlob[]): RegistryDocument {
  const [config, ...layers] = blobs.map(({ descriptor }) => descriptor);
  const bytes = Buffer.from(
    canonicalJson({ schemaVersion: 2, mediaType: mediaType.ociManifest, config, layers }),
  );
  return { descriptor: describe(bytes, mediaType.ociManifest), bytes };
}

/** Puts a blob into a registry without the client. */
export async function seedBlob(memory: MemoryRegistry, path: string, bytes: Uint8Array): Promise<Descriptor> {
  const descriptor = describe(bytes);
  await seed(memory, "POST", `${path}/blobs/uploads/?digest=${descriptor.digest}`, bytes);
  return descriptor;
}

/** Puts an image of one layer into a registry without the client. */
export async function seedImage(
  memory: MemoryRegistry,
  path = "acme/app",
  tag = "v1",
  layer: Buffer = someBytes(5000),
): Promise<{ readonly document: RegistryDocument; readonly layer: Descriptor }> {
  const config = blobOf(Buffer.from("{}"), mediaType.ociConfig);
  const blob = blobOf(layer);
  await seedBlob(memory, path, Buffer.from("{}"));
  await seedBlob(memory, path, layer);
  const document = documentOf([config, blob]);
  await seed(memory, "PUT", `${path}/manifests/${tag}`, document.bytes, document.descriptor.mediaType);
  return { document, layer: blob.descriptor };
}

async function seed(memory: MemoryRegistry, method: string, rest: string, body: Uint8Array, type?: string) {
  const path = rest.replace(/\/(?:blobs|manifests)\/.*/, "");
  const login = { authorization: `Basic ${Buffer.from(`alice:${alice.password}`).toString("base64")}` };
  const scope = `http://localhost/token?scope=repository:${path}:pull,push`;
  const asked = await memory.handle(new Request(scope, { headers: login }));
  const token = asked.ok
    ? { authorization: `Bearer ${((await asked.json()) as { token: string }).token}` }
    : login;
  const headers = { ...(type && { "content-type": type }), ...token };
  const request = new Request(`http://localhost/v2/${rest}`, { method, headers, body: Buffer.from(body) });
  const response = await memory.handle(request);
  memory.requests.splice(-2);
  if (response.status !== 201) throw new Error(`seeding: ${response.status} ${await response.text()}`);
}

/** What a download hands on, in one piece. */
export async function download(
  registry: HttpRegistry,
  from: Reference,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await registry.download(from, descriptor, (chunk) => void chunks.push(Buffer.from(chunk)), { signal });
  return Buffer.concat(chunks);
}

/** The coded error that something ends in. */
export async function failure(work: Promise<unknown>): Promise<LayerwrightError> {
  try {
    await work;
  } catch (error) {
    if (isLayerwrightError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** Requests as `GET /v2/acme/app/manifests/v1`, without queries. */
export function requestLines(memory: MemoryRegistry): string[] {
  return memory.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
}
