import { RegistryError } from "../../errors/layerwright-error.js";
import type { Digest } from "../../oci/digest.js";
import { imageIndex } from "../../oci/manifest.js";
import { canonicalReference, parseReference, type Reference } from "../../oci/reference.js";
import type { FinishedImage, ImageOutput, PushReport } from "../../ports/image-output.js";
import type { Progress } from "../../ports/progress.js";
import type {
  Registry,
  RegistryDocument,
  Repository,
  UploadBlob,
  UploadOutcome,
} from "../../ports/registry.js";
import { byReference } from "./image-set.js";

/** The means to push images. */
interface RegistryOutputOptions {
  readonly registry: Registry;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Blobs, or manifests, on their way at the same time. */
const AT_ONCE = 8;

/** An output that pushes. `report` tells what it took, once `write` has returned. */
interface RegistryOutput extends ImageOutput {
  report(): PushReport;
}

/**
 * Pushes images to the registries that their references name. A blob goes to a registry once, however many images have
 * it, and is linked from there; tags are set when all that they name is there, so a push that fails leaves none that
 * leads to nothing.
 */
export function createRegistryOutput(options: RegistryOutputOptions): RegistryOutput {
  const counts = { present: 0, mounted: 0, uploaded: 0 };
  let sentBytes = 0;
  const images: PushReport["images"][number][] = [];
  return {
    report: () => ({ images, blobs: counts, sentBytes }),
    async write(finished: readonly FinishedImage[]) {
      const plan = planPush(finished);
      const note = (outcome: UploadOutcome, size: number) => {
        counts[outcome]++;
        if (outcome === "uploaded") sentBytes += size;
      };
      // Large ones first: what is left at the end should be short.
      const blobs = [...plan.blobs].sort(
        (left, right) => right.blob.descriptor.size - left.blob.descriptor.size,
      );
      const first = await limited(
        AT_ONCE,
        blobs,
        (blob, signal) => putFirst(blob, options, note, signal),
        options.signal,
      );
      const copies = blobs.flatMap((blob, at) => copiesOf(blob, first[at]!));
      await limited(AT_ONCE, copies, (copy, signal) => putCopy(copy, options, note, signal), options.signal);
      const put = ({ to, document }: PlacedDocument, signal: AbortSignal) =>
        options.registry.putDocument(to, document, signal);
      await limited(AT_ONCE, plan.untagged, put, options.signal);
      await limited(AT_ONCE, plan.tagged, put, options.signal);
      for (const { to, document } of plan.tagged) {
        images.push({ reference: canonicalReference(to), descriptor: document.descriptor });
      }
    },
  };
}

/** Makes the blob be in one repository of its registry, from where the others have it; gives that one. */
async function putFirst(
  { blob, repositories, heldBy }: SharedBlob,
  { registry, progress }: RegistryOutputOptions,
  note: (outcome: UploadOutcome, size: number) => void,
  signal: AbortSignal,
): Promise<Repository> {
  const to = repositories.find(({ path }) => path === heldBy?.path) ?? repositories[0]!;
  const { digest, size } = blob.descriptor;
  const id = `push ${to.domain} ${digest}`;
  const label = `push ${to.path} ${digest.slice("sha256:".length, 19)}`;
  progress?.report({ kind: "start", id, label });
  const onProgress = (bytes: number) => progress?.report({ kind: "advance", id, bytes, total: size });
  const mountFrom = heldBy === undefined ? [] : [heldBy];
  const outcome = await upload(registry, to, blob, { signal, onProgress, mountFrom });
  note(outcome, size);
  const cached = outcome !== "uploaded";
  progress?.report({ kind: "finish", id, label, cached, ...(cached ? { detail: outcome } : {}) });
  return to;
}

interface Copy {
  readonly shared: SharedBlob;
  readonly to: Repository;
  readonly from: Repository;
}

function copiesOf(shared: SharedBlob, from: Repository): Copy[] {
  const others = shared.repositories.filter((to) => to !== from);
  return others.map((to) => ({ shared, to, from }));
}

async function putCopy(
  { shared: { blob }, to, from }: Copy,
  { registry }: RegistryOutputOptions,
  note: (outcome: UploadOutcome, size: number) => void,
  signal: AbortSignal,
): Promise<void> {
  note(await upload(registry, to, blob, { signal, mountFrom: [from] }), blob.descriptor.size);
}

/** Uploads a blob. Where the registry refuses it, because its bytes are false on our side, that is what is told. */
async function upload(
  registry: Registry,
  to: Repository,
  blob: UploadBlob,
  options: Parameters<Registry["upload"]>[2],
): Promise<UploadOutcome> {
  try {
    return await registry.upload(to, blob, options);
  } catch (error) {
    if (error instanceof RegistryError && error.code === "REGISTRY_REFUSED") await blob.verify?.();
    throw error;
  }
}

/** A blob, and every repository of one registry that is to have it. */
interface SharedBlob {
  readonly blob: UploadBlob;
  readonly repositories: readonly Repository[];
  /** A repository that is known to have it. */
  readonly heldBy: Repository | undefined;
}

/** A manifest or index, and the tag or (without one) the digest that it is put under. */
interface PlacedDocument {
  readonly to: Reference;
  readonly document: RegistryDocument;
}

/** Everything that a push does, in its order: blobs, then what tags will name, then the tags. */
interface PushPlan {
  readonly blobs: readonly SharedBlob[];
  readonly untagged: readonly PlacedDocument[];
  readonly tagged: readonly PlacedDocument[];
}

/**
 * The manifests and blobs that each repository needs, for images that are named by full references. A blob that many
 * images have is listed once.
 */
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

/** The bytes after the first ones. */
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

/**
 * Works through items, so many at the same time, and gives the results in order. The first failure stops the others.
 */
export async function limited<Item, Result>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  outer?: AbortSignal,
): Promise<Result[]> {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  const results = new Array<Result>(items.length);
  let failure: { readonly error: unknown } | undefined;
  let next = 0;
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const at = next++;
      try {
        results[at] = await work(items[at]!, signal);
      } catch (error) {
        failure ??= { error };
        own.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
  outer?.throwIfAborted();
  return results;
}
