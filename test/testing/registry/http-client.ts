import { digestOf } from "../../../src/oci/digest.js";
import { mediaType } from "../../../src/oci/manifest.js";

/** A way to a registry: in memory, or over a socket. */
export type Send = (request: Request) => Promise<Response>;

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Asks one registry, at paths or at the addresses that it gave. */
export class HttpClient {
  readonly #send: Send;
  readonly #origin: string;

  constructor(send: Send, origin = "http://localhost") {
    this.#send = send;
    this.#origin = origin;
  }

  ask(path: string, { method = "GET", headers = {}, body }: Ask = {}): Promise<Response> {
    const url = new URL(path, this.#origin);
    return this.#send(new Request(url, { method, headers, ...(body === undefined ? {} : { body }) }));
  }

  /** Puts a whole blob and gives its digest. */
  async putBlob(name: string, body: string | Uint8Array): Promise<string> {
    const digest = digestOf(body);
    const location = await this.startUpload(name);
    const put = await this.ask(withDigest(location, digest), { method: "PUT", body });
    if (put.status !== 201) throw new Error(`blob: ${put.status} ${await put.text()}`);
    return digest;
  }

  async startUpload(name: string): Promise<string> {
    const started = await this.ask(`/v2/${name}/blobs/uploads/`, { method: "POST" });
    if (started.status !== 202) throw new Error(`upload: ${started.status} ${await started.text()}`);
    return started.headers.get("location")!;
  }

  putManifest(name: string, reference: string, body: string, type: string = mediaType.ociManifest) {
    const headers = { "content-type": type };
    return this.ask(`/v2/${name}/manifests/${reference}`, { method: "PUT", headers, body });
  }

  /** Puts an image of one layer under a tag and gives its manifest. */
  async putImage(name: string, tag: string, extra: object = {}): Promise<{ text: string; digest: string }> {
    const config = '{"architecture":"amd64","os":"linux"}';
    await this.putBlob(name, config);
    await this.putBlob(name, "a layer");
    const text = manifestText(config, "a layer", extra);
    const put = await this.putManifest(name, tag, text);
    if (put.status !== 201) throw new Error(`manifest: ${put.status} ${await put.text()}`);
    return { text, digest: digestOf(text) };
  }
}

export function manifestText(config: string, layer: string, extra: object = {}): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config: { mediaType: mediaType.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaType.ociLayer, digest: digestOf(layer), size: layer.length }],
    ...extra,
  });
}

/** The address of an upload with the digest that finishes it; it may have a query of its own. */
export function withDigest(location: string, digest: string): string {
  return `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}

/** The code of a refusal. */
export async function codeOf(response: Response): Promise<string> {
  const body = (await response.json()) as { errors: { code: string; message: string }[] };
  return body.errors[0]!.code;
}
