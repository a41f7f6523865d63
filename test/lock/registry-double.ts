import { RegistryError } from "../../src/errors/layerwright-error.js";
import { type Digest, digestOf } from "../../src/oci/digest.js";
import type { Descriptor } from "../../src/oci/manifest.js";
import { parsePlatform } from "../../src/oci/platform.js";
import { canonicalReference, parseReference, type Reference } from "../../src/oci/reference.js";
import type { BaseImage, BaseLocation, BaseSource } from "../../src/ports/base-source.js";
import type {
  BlobSink,
  Registry,
  RegistryDocument,
  Repository,
  UploadOutcome,
} from "../../src/ports/registry.js";
import { type TarInput, tarBytes } from "../fixtures/tar-bytes.js";

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** A layer of a test: a text that stands for its content, or files. */
type LayerInput = string | readonly TarInput[];

/** Registries in memory that hold what is published here, and remember what they were asked. */
export class RegistryDouble implements Registry, BaseSource {
  /** References and digests in the order in which they were asked for. */
  readonly asked: string[] = [];
  closed = 0;
  readonly #tags = new Map<string, Digest>();
  readonly #blobs = new Map<string, { readonly type: string; readonly bytes: Uint8Array }>();

  /** Publishes images under a tag: an index, or where `alone` is set the one manifest. Gives the digest of the tag. */
  publish(
    reference: string,
    platforms: Readonly<Record<string, readonly LayerInput[]>>,
    options: { readonly alone?: boolean } = {},
  ): Digest {
    const manifests = Object.entries(platforms).map(([platform, layers]) => this.#image(platform, layers));
    const top =
      options.alone === true
        ? manifests[0]!
        : this.#put(INDEX, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    this.#tags.set(canonicalReference(parseReference(reference)), top.digest);
    return top.digest;
  }

  /** Removes a blob or document, as registries do with what no tag names any more. */
  forget(digest: Digest): void {
    this.#blobs.delete(digest);
  }

  async resolve(reference: Reference): Promise<Descriptor | undefined> {
    return (await this.document(reference)).descriptor;
  }

  async document(reference: Reference): Promise<RegistryDocument> {
    const name = canonicalReference(reference);
    this.asked.push(name);
    const digest = reference.digest ?? this.#tags.get(name);
    const found = digest === undefined ? undefined : this.#blobs.get(digest);
    // The code that a real registry gives is not part of what is tested.
    if (found === undefined)
      throw new RegistryError("DOWNLOAD_FAILED", { url: name, reason: "it is not there" });
    return {
      descriptor: { mediaType: found.type, digest: digest as Digest, size: found.bytes.length },
      bytes: found.bytes,
    };
  }

  async download(_: Repository, descriptor: Descriptor, sink: BlobSink): Promise<void> {
    sink(this.#blobs.get(descriptor.digest)!.bytes);
  }

  async upload(): Promise<UploadOutcome> {
    throw new Error("nothing is uploaded here");
  }

  async putDocument(): Promise<void> {
    throw new Error("nothing is put here");
  }

  async close(): Promise<void> {
    this.closed++;
  }

  async open(base: BaseLocation): Promise<BaseImage> {
    if (base.kind !== "registry" || base.digest === undefined) throw new Error("only pinned bases are here");
    const manifest = JSON.parse(Buffer.from(this.#blobs.get(base.digest)!.bytes).toString());
    const config = JSON.parse(Buffer.from(this.#blobs.get(manifest.config.digest)!.bytes).toString());
    const blobs = this.#blobs;
    return {
      config,
      layers: (manifest.layers as Descriptor[]).map((descriptor) => ({
        diffId: descriptor.digest,
        descriptor,
        encoding: "none",
        async *blob() {
          yield blobs.get(descriptor.digest)!.bytes;
        },
      })),
      close: async () => undefined,
    };
  }

  #image(text: string, inputs: readonly LayerInput[]): Descriptor {
    const layers = inputs.map((input) =>
      this.#put(LAYER, typeof input === "string" ? input : tarBytes(input)),
    );
    const platform = parsePlatform(text);
    const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => digest) };
    const config = this.#put(
      "application/vnd.oci.image.config.v1+json",
      JSON.stringify({ ...platform, config: {}, rootfs }),
    );
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers };
    return { ...this.#put(MANIFEST, JSON.stringify(manifest)), platform };
  }

  #put(type: string, data: string | Uint8Array): Descriptor {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    const digest = digestOf(bytes);
    this.#blobs.set(digest, { type, bytes });
    return { mediaType: type, digest, size: bytes.length };
  }
}
