import { EnvironmentError, RegistryError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/manifest.js";
import { familiarReference, type Reference } from "../../oci/reference.js";
import type {
  BlobSink,
  Registry,
  RegistryDocument,
  Repository,
  TransferOptions,
  UploadBlob,
  UploadOutcome,
} from "../../ports/registry.js";

/**
 * Registries that are given up when their first answer takes too long: for a look that work can go on without. A
 * registry that has answered once is waited for as usual.
 */
export class BoundedRegistry implements Registry {
  readonly #registry: Registry;
  readonly #milliseconds: number;
  readonly #answered = new Set<string>();

  constructor(registry: Registry, milliseconds: number) {
    this.#registry = registry;
    this.#milliseconds = milliseconds;
  }

  resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor | undefined> {
    return this.#bounded(reference, signal, (bound) => this.#registry.resolve(reference, bound));
  }

  document(reference: Reference, signal?: AbortSignal): Promise<RegistryDocument> {
    return this.#bounded(reference, signal, (bound) => this.#registry.document(reference, bound));
  }

  download(
    from: Repository,
    descriptor: Descriptor,
    sink: BlobSink,
    options?: TransferOptions,
  ): Promise<void> {
    return this.#registry.download(from, descriptor, sink, options);
  }

  upload(
    to: Repository,
    blob: UploadBlob,
    options?: TransferOptions & { readonly mountFrom?: readonly Repository[] },
  ): Promise<UploadOutcome> {
    return this.#registry.upload(to, blob, options);
  }

  putDocument(to: Reference, document: RegistryDocument, signal?: AbortSignal): Promise<void> {
    return this.#registry.putDocument(to, document, signal);
  }

  close(): Promise<void> {
    return this.#registry.close();
  }

  async #bounded<Result>(
    { domain }: Reference,
    signal: AbortSignal | undefined,
    ask: (signal: AbortSignal | undefined) => Promise<Result>,
  ): Promise<Result> {
    if (this.#answered.has(domain)) return ask(signal);
    const timeout = AbortSignal.timeout(this.#milliseconds);
    try {
      const result = await ask(signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
      this.#answered.add(domain);
      return result;
    } catch (error) {
      if (!timeout.aborted || signal?.aborted === true) throw error;
      const reason = `it did not answer within ${this.#milliseconds / 1000} s`;
      throw new RegistryError(
        "REGISTRY_SILENT",
        { registry: domain, reason },
        { subject: domain, cause: error },
      );
    }
  }
}

/** The registries of a build that may not look outside: whatever is asked for is what the store lacks. */
export class OfflineRegistry implements Registry {
  async resolve(reference: Reference): Promise<Descriptor | undefined> {
    return refuse(familiarReference(reference));
  }

  async document(reference: Reference): Promise<RegistryDocument> {
    return refuse(familiarReference(reference));
  }

  async download(from: Repository, descriptor: Descriptor, _: BlobSink): Promise<void> {
    return refuse(`${descriptor.digest} of ${familiarReference(from)}`);
  }

  async upload(to: Repository, blob: UploadBlob): Promise<UploadOutcome> {
    return refuse(`a place for ${blob.descriptor.digest} in ${familiarReference(to)}`);
  }

  async putDocument(to: Reference): Promise<void> {
    return refuse(`a place for ${familiarReference(to)}`);
  }

  async close(): Promise<void> {}
}

function refuse(what: string): never {
  throw new EnvironmentError("OFFLINE_MISSING", { missing: [what] }, { subject: what });
}
