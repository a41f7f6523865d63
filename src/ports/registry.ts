import type { Descriptor } from "../oci/manifest.js";
import type { Reference } from "../oci/reference.js";

/** A repository of a registry: the part of a reference before tag and digest. */
export type Repository = Pick<Reference, "domain" | "path">;

/** A manifest or an index as a registry holds it; the bytes were verified against the descriptor. */
export interface RegistryDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Takes the bytes of a blob in order. A chunk is used up when the call returns: its memory is used again. */
export type BlobSink = (chunk: Uint8Array) => void;

/** Options of a blob's transfer. */
export interface TransferOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that arrived, or were sent, so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** A blob that is to be in a registry. `bytes` can be read again, from an offset, when an upload is taken up again. */
export interface UploadBlob {
  readonly descriptor: Descriptor;
  bytes(offset: number): AsyncIterable<Uint8Array>;
  /** Throws when the bytes are not what the descriptor says. Asked when a registry, which checks them, refuses. */
  verify?(): Promise<void>;
}

/** The way that a blob came into a repository: it was there, was linked from another repository, or was sent. */
export type UploadOutcome = "present" | "mounted" | "uploaded";

/**
 * Registries, by the distribution spec. Every byte that comes out is verified. Errors are coded and name the
 * repository; none of them names a credential.
 */
export interface Registry {
  /** The descriptor that a tag or digest names. Undefined where there is no such thing. */
  resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor | undefined>;
  /** The manifest or index of a tag or digest. Throws `MANIFEST_NOT_FOUND`. */
  document(reference: Reference, signal?: AbortSignal): Promise<RegistryDocument>;
  /**
   * Reads a blob into a sink, resuming where a connection broke. Throws `BLOB_WRONG` before it returns when bytes are
   * false.
   */
  download(
    from: Repository,
    descriptor: Descriptor,
    sink: BlobSink,
    options?: TransferOptions,
  ): Promise<void>;
  /** Makes a blob be in a repository: checks, mounts from one of the others of the same registry, or sends it. */
  upload(
    to: Repository,
    blob: UploadBlob,
    options?: TransferOptions & { readonly mountFrom?: readonly Repository[] },
  ): Promise<UploadOutcome>;
  /** Puts a manifest or index under a tag, or under its digest. All that it names has to be there. */
  putDocument(to: Reference, document: RegistryDocument, signal?: AbortSignal): Promise<void>;
  /** Closes idle connections. */
  close(): Promise<void>;
}

/** The credential that a user logs in to a registry with. */
export type Credential =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** An identity token, which is traded for access tokens (OAuth 2 refresh token). */
  | { readonly kind: "identity"; readonly token: string }
  /** A token that is sent as it is. */
  | { readonly kind: "bearer"; readonly token: string };

/** Knows the user's credentials. */
export interface CredentialSource {
  /** The credential for a repository, or undefined for anonymous. Throws coded errors that name no secret. */
  credentialFor(repository: Repository, signal?: AbortSignal): Promise<Credential | undefined>;
}
