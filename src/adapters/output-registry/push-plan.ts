import type { Digest } from "../../oci/digest.js";
import { imageIndex } from "../../oci/image-index.js";
import { parseReference, type Reference } from "../../oci/reference.js";
import type { FinishedImage } from "../../ports/image-output.js";
import type { RegistryDocument, Repository, UploadBlob } from "../../ports/registry.js";
import { byReference } from "../output-disk/image-set.js";

/** A blob, and every repository of one registry that is to have it. */
export interface SharedBlob {
  readonly blob: UploadBlob;
  readonly repositories: readonly Repository[];
  /** A repository that is known to have it. */
  readonly heldBy: Repository | undefined;
}

/** A manifest or index, and the tag or (without one) the digest that it is put under. */
export interface PlacedDocument {
  readonly to: Reference;
  readonly document: RegistryDocument;
}

/** Everything that a push does, in its order: blobs, then what tags will name, then the tags. */
export interface PushPlan {
  readonly blobs: readonly SharedBlob[];
  readonly untagged: readonly PlacedDocument[];
  readonly tagged: readonly PlacedDocument[];
}

/** What has to be where, for images that are named by full references. A blob that many images have is listed once. */
export function planPush(images: readonly FinishedImage[]): PushPlan {
  const blobs = new Map<
    string,
    { blob: UploadBlob; repositories: Map<string, Repository>; heldBy: Repository | undefined }
  >();
  const untagged: PlacedDocument[] = [];
  const tagged: PlacedDocument[] = [];
  for (const [name, named] of byReference(images)) {
    const to = parseReference(name);
    for (const image of named) for (const part of blobsOf(image)) addBlob(blobs, part, to);
    const documents = named.map(({ manifest }) => manifest);
    if (documents.length === 1) {
      tagged.push({ to, document: documents[0]! });
      continue;
    }
    const { domain, path } = to;
    for (const document of documents) {
      untagged.push({ to: { domain, path, digest: document.descriptor.digest }, document });
    }
    tagged.push({ to, document: imageIndex(documents.map(({ descriptor }) => descriptor)) });
  }
  const shared = [...blobs.values()].map(({ blob, repositories, heldBy }) => ({
    blob,
    heldBy,
    repositories: [...repositories.values()],
  }));
  return { blobs: shared, untagged, tagged };
}

type Part = { readonly blob: UploadBlob; readonly heldBy: Repository | undefined };

function* blobsOf({ config, layers }: FinishedImage): Generator<Part> {
  for (const { descriptor, heldBy, blob } of layers) {
    const bytes = (offset: number) => from(blob({ transient: true, receiverChecks: true }), offset);
    const verify = async () => {
      for await (const _ of blob({ transient: true }));
    };
    yield { heldBy, blob: { descriptor, bytes, verify } };
  }
  const { descriptor, bytes } = config;
  const rest = async function* (offset: number) {
    yield bytes.subarray(offset);
  };
  yield { heldBy: undefined, blob: { descriptor, bytes: rest } };
}

function addBlob(
  blobs: Map<
    string,
    { blob: UploadBlob; repositories: Map<string, Repository>; heldBy: Repository | undefined }
  >,
  { blob, heldBy }: Part,
  { domain, path }: Reference,
): void {
  const digest: Digest = blob.descriptor.digest;
  // Blobs are linked within one registry; another one has to be sent its own.
  const key = `${domain} ${digest}`;
  const known = blobs.get(key) ?? { blob, repositories: new Map<string, Repository>(), heldBy: undefined };
  known.repositories.set(path, { domain, path });
  if (heldBy?.domain === domain) known.heldBy ??= heldBy;
  blobs.set(key, known);
}

/** What comes after the first bytes. */
async function* from(bytes: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const chunk of bytes) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    yield left === 0 ? chunk : chunk.subarray(left);
    left = 0;
  }
}
