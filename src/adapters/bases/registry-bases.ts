import { chooseImage, type ImageReader, type PlatformWish } from "../../oci/choose-image.js";
import { type Digest, digestOf, isDigest } from "../../oci/digest.js";
import {
  checkConfigType,
  invalid,
  isIndexType,
  readConfig,
  readIndex,
  readManifest,
  toDocument,
} from "../../oci/documents.js";
import type { ImageConfig } from "../../oci/image-config.js";
import { type Descriptor, type ImageManifest, MAX_DOCUMENT } from "../../oci/manifest.js";
import {
  canonicalReference,
  familiarReference,
  parseReference,
  type Reference,
} from "../../oci/reference.js";
import type { BaseImage, BaseLayer, BaseSource, RegistryBaseLocation } from "../../ports/base-source.js";
import type { BlobStore, ReadOptions } from "../../ports/blob-store.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry, RegistryDocument, Repository } from "../../ports/registry.js";
import { encodingOf } from "./base-layers.js";

/** The means to open bases of registries. */
interface RegistryBaseTools extends DocumentTools {
  readonly progress?: Progress | undefined;
}

/**
 * Opens bases of registries. Only manifests and the config are fetched; a layer when its bytes are asked for, into the
 * store, from where every later build has it.
 */
export function createRegistryBases(tools: RegistryBaseTools): BaseSource<RegistryBaseLocation> {
  const fetcher = new BlobFetcher(tools.store, tools.registry, tools.progress);
  return { open: (base, platform, options) => openBase(base, { platform, ...options }, tools, fetcher) };
}

async function openBase(
  { reference: name, digest }: RegistryBaseLocation,
  wish: PlatformWish,
  tools: RegistryBaseTools,
  fetcher: BlobFetcher,
): Promise<BaseImage> {
  const parsed = parseReference(name);
  const named: Reference = digest === undefined ? parsed : { ...parsed, digest };
  const { manifest, config } = await findRemoteImage(named, wish, tools, fetcher);
  const layers = manifest.value.layers.map((layer, at): BaseLayer => {
    const diffId = config.value.rootfs.diff_ids[at]!;
    const encoding = encodingOf(name, layer.mediaType);
    if (encoding === "none" && layer.digest !== diffId) {
      const title = `the layer ${layer.digest}`;
      throw invalid(name, title, `is not compressed, and the config calls it ${diffId}`);
    }
    const { domain, path } = parsed;
    return {
      diffId,
      descriptor: layer,
      encoding,
      heldBy: { domain, path },
      blob: (options) => fetcher.blob(parsed, layer, options),
    };
  });
  return {
    config: config.value,
    layers,
    digest: manifest.descriptor.digest,
    references: [],
    close: async () => {},
  };
}

/** A document of an image: what it says, and its bytes, which are passed on as they are. */
interface RemoteDocument<Value> extends RegistryDocument {
  readonly value: Value;
}

/** An image of a registry for one platform; none of its layers was fetched. */
export interface RemoteImage {
  readonly manifest: RemoteDocument<ImageManifest>;
  readonly config: RemoteDocument<ImageConfig>;
}

/** The source of the documents of one reference. */
interface RemoteDocuments {
  /** A manifest or index of the repository by its digest. */
  document(digest: string): Promise<RegistryDocument>;
  /** The bytes of a config, which are small. */
  config(descriptor: Descriptor): Promise<Uint8Array>;
}

/** Finds the image that a reference and a platform mean. A tag is looked up once; from there on all goes by digest. */
export async function findRemoteImage(
  reference: Reference,
  wish: PlatformWish,
  tools: DocumentTools,
  fetcher: BlobFetcher,
): Promise<RemoteImage> {
  const { domain, path } = reference;
  const top = await storedDocument(tools, reference);
  const reader = remoteReader(referenceText(reference), top, {
    document: (digest) => storedDocument(tools, { domain, path, digest }),
    config: (descriptor) => fetcher.read(reference, descriptor),
  });
  const { descriptor, platform, read } = await chooseImage([top.descriptor], wish, reader);
  const { manifest, config } = await read();
  // Of an index its entry says the platform, which loaders want to know.
  const stated = descriptor.digest === top.descriptor.digest ? {} : { platform };
  return { manifest: { ...manifest, descriptor: { ...manifest.descriptor, ...stated } }, config };
}

/** A reference as messages show it. */
export function referenceText(reference: Reference): string {
  return familiarReference(canonicalReference(reference));
}

/** Reads what a document of a registry leads to. */
export function remoteReader(
  name: string,
  top: RegistryDocument,
  { document, config }: RemoteDocuments,
): ImageReader<RemoteImage> {
  const get = async ({ digest }: Descriptor) => (digest === top.descriptor.digest ? top : document(digest));
  return {
    name,
    has: () => true,
    async index(descriptor) {
      const { descriptor: own, bytes } = await get(descriptor);
      if (!isIndexType(own.mediaType)) return undefined;
      return readIndex(toDocument(name, `the index ${own.digest}`, bytes), own.mediaType);
    },
    async image(descriptor) {
      const found = await get(descriptor);
      const { digest, mediaType: type } = found.descriptor;
      const json = toDocument(name, `the manifest ${digest}`, found.bytes);
      const manifest = { ...found, value: readManifest(json, type) };
      return { manifest, config: await remoteConfig(name, manifest.value, config) };
    },
    platformOf: ({ config: { value } }) => value,
  };
}

async function remoteConfig(
  name: string,
  { config, layers }: ImageManifest,
  read: RemoteDocuments["config"],
): Promise<RemoteDocument<ImageConfig>> {
  checkConfigType(name, config);
  const title = `the config ${config.digest}`;
  if (config.size > MAX_DOCUMENT)
    throw invalid(name, title, `has ${config.size} bytes, more than ${MAX_DOCUMENT}`);
  const bytes = await read(config);
  return { descriptor: config, bytes, value: readConfig(toDocument(name, title, bytes), layers.length) };
}

/** The source of documents. */
interface DocumentTools {
  readonly store: BlobStore;
  /** Asked for when something has to be fetched. */
  readonly registry: () => Promise<Registry>;
}

const KIND = "registry-document";

/** A manifest or index: out of the store where it is named by digest and was had before, else from its registry. */
export async function storedDocument(
  { store, registry }: DocumentTools,
  reference: Reference,
): Promise<RegistryDocument> {
  const kept = isDigest(reference.digest) ? await keptDocument(store, reference.digest) : undefined;
  if (kept !== undefined) return kept;
  const document = await (await registry()).document(reference);
  const { digest, mediaType } = document.descriptor;
  const writer = await store.writer();
  try {
    writer.write(document.bytes);
    await writer.commit();
  } finally {
    await writer.discard();
  }
  await store.putRecord(KIND, digest, { mediaType });
  return document;
}

async function keptDocument(
  store: BlobStore,
  digest: RegistryDocument["descriptor"]["digest"],
): Promise<RegistryDocument | undefined> {
  const record = (await store.getRecord(KIND, digest)) as { mediaType?: unknown } | undefined;
  const size = await store.stat(digest);
  if (typeof record?.mediaType !== "string" || size === undefined || size > MAX_DOCUMENT) return undefined;
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of store.read(digest)) chunks.push(Buffer.from(chunk));
  } catch {
    // Damaged: the store drops it, and the registry still has it.
    return undefined;
  }
  const bytes = Buffer.concat(chunks);
  if (digestOf(bytes) !== digest) return undefined;
  return { descriptor: { mediaType: record.mediaType, digest, size: bytes.length }, bytes };
}

/** Gets blobs of registries into a store, each once. */
export class BlobFetcher {
  readonly #store: BlobStore;
  readonly #registry: () => Promise<Registry>;
  readonly #progress: Progress | undefined;
  readonly #running = new Map<Digest, Promise<void>>();

  constructor(store: BlobStore, registry: () => Promise<Registry>, progress: Progress | undefined) {
    this.#store = store;
    this.#registry = registry;
    this.#progress = progress;
  }

  /** Returns when the blob is in the store. */
  async fetch(from: Repository, descriptor: Descriptor): Promise<void> {
    const { digest } = descriptor;
    if ((await this.#store.stat(digest)) === descriptor.size) return;
    let running = this.#running.get(digest);
    if (running === undefined) {
      running = this.#download(from, descriptor).finally(() => this.#running.delete(digest));
      this.#running.set(digest, running);
    }
    await running;
  }

  /** The bytes of a small blob, which is in the store afterwards. */
  async read(from: Repository, descriptor: Descriptor): Promise<Uint8Array> {
    await this.fetch(from, descriptor);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#store.read(descriptor.digest, { size: descriptor.size }))
      chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }

  /** The bytes of a blob, which is in the store before the first of them comes. */
  async *blob(from: Repository, descriptor: Descriptor, options?: ReadOptions): AsyncGenerator<Uint8Array> {
    await this.fetch(from, descriptor);
    yield* this.#store.read(descriptor.digest, { ...options, size: descriptor.size });
  }

  /** Hands on the bytes of a blob: out of the store where it is there, else as they come, which keeps nothing. */
  async pump(from: Repository, descriptor: Descriptor, sink: (chunk: Uint8Array) => void): Promise<void> {
    if ((await this.#store.stat(descriptor.digest)) === descriptor.size) {
      const reading = { transient: true, size: descriptor.size };
      for await (const chunk of this.#store.read(descriptor.digest, reading)) sink(chunk);
      return;
    }
    await this.#watched(from, descriptor, sink);
  }

  async #download(from: Repository, descriptor: Descriptor): Promise<void> {
    const writer = await this.#store.writer();
    try {
      await this.#watched(from, descriptor, (chunk) => writer.write(chunk));
      await writer.commit();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  async #watched(from: Repository, descriptor: Descriptor, sink: (chunk: Uint8Array) => void): Promise<void> {
    const { digest, size } = descriptor;
    const registry = await this.#registry();
    const label = `pull ${from.path} ${digest.slice("sha256:".length, 19)}`;
    const id = `pull ${digest}`;
    const onProgress = (bytes: number) => this.#progress?.report({ kind: "advance", id, bytes, total: size });
    this.#progress?.report({ kind: "start", id, label });
    await registry.download(from, descriptor, sink, { onProgress });
    this.#progress?.report({ kind: "finish", id, label });
  }
}
