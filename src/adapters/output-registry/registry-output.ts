import { RegistryError } from "../../errors/layerwright-error.js";
import { canonicalReference } from "../../oci/reference.js";
import type { FinishedImage, ImageOutput, PushReport } from "../../ports/image-output.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry, Repository, UploadBlob, UploadOutcome } from "../../ports/registry.js";
import { limited } from "./limited.js";
import { type PlacedDocument, planPush, type SharedBlob } from "./push-plan.js";

/** What images are pushed with. */
export interface RegistryOutputOptions {
  readonly registry: Registry;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Blobs, or manifests, on their way at the same time. */
const AT_ONCE = 8;

/** An output that pushes. `report` tells what it took, once `write` has returned. */
export interface RegistryOutput extends ImageOutput {
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
