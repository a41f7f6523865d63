import { createRegistryOutput } from "../adapters/output-registry/registry-output.js";
import { rebaseDocuments } from "../engine/rebase/rebase-documents.js";
import { unsafeText } from "../engine/rebase/unsafe-text.js";
import { DefinitionError, PlanError } from "../errors/layerwright-error.js";
import { imageIndex } from "../oci/image-index.js";
import { platformText } from "../oci/platform.js";
import { canonicalReference, parseReference, type Reference } from "../oci/reference.js";
import type { FinishedImage } from "../ports/image-output.js";
import type { RebasedPlatform, RebaseOptions, RebaseResult } from "./rebase.js";
import { judgeRebase } from "./rebase-judge.js";
import { type RegistryImage, registryImages } from "./registry-images.js";
import { type Workspace, withWorkspace } from "./workspace.js";

/** The work of `rebase`. */
export async function rebaseReference(reference: string, options: RebaseOptions): Promise<RebaseResult> {
  const source = parseReference(reference);
  const to = canonicalReference(targetOf(source, options.to));
  const { store, registries, registry, progress } = options;
  return withWorkspace({ store, registries, registry, progress }, async (workspace) => {
    const found = await registryImages(withTag(source), workspace);
    refuseOthers(canonicalReference(source), found.images);
    const closers = found.images.map(
      ({ image }) =>
        () =>
          image.close(),
    );
    try {
      const platforms: RebasedPlatform[] = [];
      const finished: FinishedImage[] = [];
      for (const each of found.images) {
        options.signal?.throwIfAborted();
        const done = await rebaseOne(each, source, to, options, workspace, closers);
        platforms.push(done.report);
        finished.push(done.image);
      }
      // Every platform is judged before anything is sent.
      refuseUnsafe(canonicalReference(source), options, platforms);
      const descriptors = finished.map(({ manifest }) => manifest.descriptor);
      // As a push has it: one platform is a manifest, several are an index.
      const digest =
        descriptors.length === 1 ? descriptors[0]!.digest : imageIndex(descriptors).descriptor.digest;
      const result = {
        reference: canonicalReference(source),
        to,
        oldDigest: found.digest,
        digest,
        platforms,
      };
      if (options.dryRun === true) return result;
      const output = createRegistryOutput({
        registry: await workspace.registry(),
        progress,
        signal: options.signal,
      });
      await output.write(finished);
      const { blobs, sentBytes } = output.report();
      return { ...result, pushed: { blobs, sentBytes } };
    } finally {
      for (const close of closers) await close();
    }
  });
}

async function rebaseOne(
  each: RegistryImage,
  source: Reference,
  to: string,
  options: RebaseOptions,
  workspace: Workspace,
  closers: (() => Promise<void>)[],
): Promise<{ readonly report: RebasedPlatform; readonly image: FinishedImage }> {
  const judged = await judgeRebase(each, source, options, workspace, (close) => void closers.push(close));
  const { from, onto, fromIdentity, ontoIdentity, kept, unsafe } = judged;
  const { manifest, image, platform } = each;
  const finished = rebaseDocuments({ manifest, image, from, onto, ontoIdentity, platform, references: [to] });
  const missingIn = (base: typeof from) => {
    const there = new Set(base.layers.map(({ descriptor }) => descriptor.digest));
    return (other: typeof from) =>
      other.layers
        .filter(({ descriptor }) => !there.has(descriptor.digest))
        .map(({ descriptor: { digest, size } }) => ({ digest, size }));
  };
  const report = {
    platform,
    digest: finished.manifest.descriptor.digest,
    from: fromIdentity,
    onto: ontoIdentity,
    removed: missingIn(onto)(from),
    added: missingIn(from)(onto),
    kept,
    unsafe,
  };
  return { report, image: finished };
}

/** Layers of other systems are joined by rules of their own, and their bases differ in more than the platform. */
function refuseOthers(image: string, images: readonly RegistryImage[]): void {
  const other = images.find(({ platform }) => platform.os !== "linux");
  if (other === undefined) return;
  const platform = platformText(other.platform);
  throw new PlanError("REBASE_NOT_LINUX", { image, platform }, { subject: image });
}

function refuseUnsafe(
  image: string,
  { onto, force, dryRun }: RebaseOptions,
  platforms: readonly RebasedPlatform[],
): void {
  if (force === true || dryRun === true) return;
  const layers = [...new Set(platforms.flatMap(({ unsafe }) => unsafe.map(unsafeText)))];
  if (layers.length === 0) return;
  throw new PlanError("REBASE_UNSAFE", { image, onto, layers }, { subject: image });
}

function withTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: "latest" }
    : reference;
}

function targetOf(source: Reference, to: string | undefined): Reference {
  if (to === undefined) {
    if (source.digest === undefined) return withTag(source);
    const image = canonicalReference(source);
    throw new DefinitionError("REBASE_TARGET_MISSING", { image }, { subject: image });
  }
  if (/[/:@]/.test(to)) return parseReference(to);
  const { domain, path } = source;
  return parseReference(`${domain}/${path}:${to}`);
}
