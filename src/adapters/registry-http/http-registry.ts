import type { Descriptor } from "../../oci/manifest.js";
import type { Reference } from "../../oci/reference.js";
import type {
  BlobSink,
  Credential,
  CredentialSource,
  Registry,
  RegistryDocument,
  Repository,
  TransferOptions,
  UploadBlob,
  UploadOutcome,
} from "../../ports/registry.js";
import { trustIn } from "./certificates.js";
import { getDocument, headDocument, putDocument } from "./documents.js";
import { downloadBlob } from "./download-blob.js";
import { Connections } from "./http/connections.js";
import { defaultRate, type RateOptions } from "./http/message.js";
import type { Environment } from "./http/proxy.js";
import { defaultPace, type PaceOptions } from "./pace.js";
import { RegistrySession } from "./registry-session.js";
import { type Endpoint, endpointOf, mirrorsOf, type RegistrySettings, readSettings } from "./settings.js";
import { uploadBlob } from "./upload-blob.js";

/** Options of the client. */
export interface HttpRegistryOptions {
  readonly credentials?: CredentialSource | undefined;
  /** By registry, as references name it. */
  readonly settings?: Readonly<Record<string, RegistrySettings>> | undefined;
  /** The environment that names proxies. @default - the process's own */
  readonly env?: Environment;
  /** Milliseconds without a byte until a connection counts as dead. @default 60000 */
  readonly idleMs?: number;
  readonly pace?: Partial<PaceOptions>;
  readonly rate?: Partial<RateOptions>;
  /** Told once of each thing that a registry does wrong and that was put up with. @default - nobody is told */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Registries over HTTP, by the OCI distribution spec. */
export class HttpRegistry implements Registry {
  readonly #settings: Readonly<Record<string, RegistrySettings>>;
  readonly #credentials: CredentialSource | undefined;
  readonly #connections: Connections;
  readonly #pace: PaceOptions;
  readonly #sessions = new Map<string, RegistrySession>();
  readonly #warnings = new Set<string>();
  readonly #onWarning: (message: string) => void;

  constructor(options: HttpRegistryOptions = {}) {
    const { credentials, settings = {}, env = process.env, idleMs = 60_000, pace, rate } = options;
    this.#onWarning = options.onWarning ?? (() => {});
    this.#settings = settings;
    this.#credentials = credentials;
    this.#connections = new Connections({
      ...{ env, idleMs, rate: { ...defaultRate, ...rate } },
      trustOf: trustIn(settings, env),
    });
    this.#pace = { ...defaultPace, ...pace };
  }

  async resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor | undefined> {
    return this.#first(reference, async (session) => {
      const found = await headDocument(session, reference, signal);
      return found === "unsaid" ? (await getDocument(session, reference, signal)).descriptor : found;
    });
  }

  async document(reference: Reference, signal?: AbortSignal): Promise<RegistryDocument> {
    return this.#first(reference, (session) => getDocument(session, reference, signal));
  }

  async download(
    from: Repository,
    descriptor: Descriptor,
    sink: BlobSink,
    options?: TransferOptions,
  ): Promise<void> {
    await downloadBlob(this.#readers(from), from, descriptor, sink, options);
  }

  async upload(
    to: Repository,
    blob: UploadBlob,
    options?: TransferOptions & { readonly mountFrom?: readonly Repository[] },
  ): Promise<UploadOutcome> {
    const { chunkBytes } = this.#settings[to.domain] ?? {};
    return uploadBlob(this.#own(to), to, blob, { chunkBytes }, options);
  }

  async putDocument(to: Reference, document: RegistryDocument, signal?: AbortSignal): Promise<void> {
    await putDocument(this.#own(to), to, document, signal);
  }

  /** Asks a registry whether it lets us in at all (distribution spec, end-1). An open one asks for no login. */
  async ping(domain: string, signal?: AbortSignal): Promise<{ readonly asked: boolean }> {
    const session = this.#own({ domain, path: "" });
    const { base } = session.endpoint;
    const ask = (url: URL, expect: readonly number[]) =>
      session.request({
        ...{ repository: { domain, path: "" }, action: "log in to", method: "GET", scopes: [] },
        ...{ url, expect, signal },
      });
    let answer = await ask(base, [200, 404]);
    answer.discard();
    if (answer.status === 404) {
      // Some servers know the address without its slash only.
      answer = await ask(new URL(base.href.replace(/\/$/, "")), [200]);
      answer.discard();
    }
    return { asked: session.wasAsked };
  }

  async close(): Promise<void> {
    this.#connections.close();
  }

  /** The answer of the first mirror that has it; the registry itself has the last word. */
  async #first<Result>(
    repository: Repository,
    ask: (session: RegistrySession) => Promise<Result>,
  ): Promise<Result> {
    const readers = this.#readers(repository);
    for (const mirror of readers.slice(0, -1)) {
      try {
        const found = await ask(mirror);
        if (found !== undefined) return found;
      } catch {
        // A mirror that has not got it, or is down, is no reason to fail: the next one is asked.
      }
    }
    return ask(readers.at(-1)!);
  }

  #readers(repository: Repository): readonly RegistrySession[] {
    const mirrors = mirrorsOf(repository.domain, this.#settings).map((endpoint) => this.#session(endpoint));
    return [...mirrors, this.#own(repository)];
  }

  #own({ domain }: Repository): RegistrySession {
    return this.#session(endpointOf(domain, this.#settings[domain]));
  }

  #session(endpoint: Endpoint): RegistrySession {
    const known = this.#sessions.get(endpoint.base.href);
    if (known !== undefined) return known;
    const { domain } = endpoint;
    const credentials = this.#credentials;
    const session = new RegistrySession({
      endpoint,
      connections: this.#connections,
      // A mirror is another registry: it is asked with what the user has for it, never with the other's login.
      credentials: credentials && {
        credentialFor: ({ path }, signal) => credentials.credentialFor({ domain, path }, signal),
      },
      tokenServers: this.#settings[domain]?.tokenServers ?? [],
      pace: this.#pace,
      onWarning: (message) => {
        if (this.#warnings.has(message)) return;
        this.#warnings.add(message);
        this.#onWarning(message);
      },
    });
    this.#sessions.set(endpoint.base.href, session);
    return session;
  }
}

/**
 * Asks a registry whether it takes a credential. Nothing is kept. A registry that is open to all asks for none, so
 * there nothing is checked.
 *
 * @throws {RegistryError} REGISTRY_DENIED, TOKEN_FAILED and when the registry cannot be reached
 */
export async function verifyLogin(
  domain: string,
  credential: Credential,
  signal?: AbortSignal,
  options: Omit<HttpRegistryOptions, "credentials"> = { settings: readSettings() },
): Promise<{ readonly checked: boolean }> {
  const credentials = { credentialFor: async () => credential };
  const registry = new HttpRegistry({ ...options, credentials });
  try {
    const { asked } = await registry.ping(domain, signal);
    return { checked: asked };
  } finally {
    await registry.close();
  }
}
