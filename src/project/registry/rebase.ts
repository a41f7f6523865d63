import { createRegistryOutput } from "../../adapters/outputs/registry-output.js";
import { openLayer } from "../../archive/open-layer.js";
import {
  needsGround,
  type OwnLayer,
  ownLayers,
  type UnsafeLayer,
  unsafeLayers,
  unsafeText,
} from "../../engine/rebase/judge-layers.js";
import { layersBelow, ownHistory, rebaseDocuments } from "../../engine/rebase/rebase-documents.js";
import { DefinitionError, PlanError } from "../../errors/layerwright-error.js";
import { type BaseIdentity, baseName, readBaseAnnotations } from "../../oci/base-annotations.js";
import { isDigest } from "../../oci/digest.js";
import { imageIndex } from "../../oci/manifest.js";
import { type Platform, parsePlatform, platformText } from "../../oci/platform.js";
import { canonicalReference, parseReference, type Reference } from "../../oci/reference.js";
import type { BaseImage } from "../../ports/base-source.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { FinishedImage, PushReport } from "../../ports/image-output.js";
import type { Progress } from "../../ports/progress.js";
import { openBase } from "../../rootfs/base-tree.js";
import { type RegistryImage, registryImages } from "../observe.js";
import { type Workspace, withWorkspace } from "../workspace.js";
import type { RegistryOptions } from "./open-registry.js";

/** How an image is put on another base. */
export interface RebaseOptions extends RegistryOptions {
  /** The new base. */
  readonly onto: string;
  /** Where the result goes: a reference, or a tag of the same repository. @default - the tag that the image has */
  readonly to?: string | undefined;
  /** What the image stands on, as `NAME` or `NAME@DIGEST`. @default - what its annotations say */
  readonly oldBase?: string | undefined;
  /** True goes on where layers may not fit the new base. @default - false */
  readonly force?: boolean | undefined;
  /** True only says what would be done. @default - false */
  readonly dryRun?: boolean | undefined;
  /** The directory of the store. @default - LAYERWRIGHT_CACHE, else the user's cache directory */
  readonly store?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Receives progress. @default - nobody is told */
  readonly progress?: Progress | undefined;
}

/** A layer that came or went with a base. */
export interface BaseLayerChange {
  readonly digest: string;
  /** Bytes of the compressed blob. */
  readonly size: number;
}

/** What became of one platform of an image. */
export interface RebasedPlatform {
  readonly platform: Platform;
  /** Digest of the new manifest. */
  readonly digest: string;
  readonly from: BaseIdentity;
  readonly onto: BaseIdentity;
  /** Layers of the old base that the new one has not. */
  readonly removed: readonly BaseLayerChange[];
  /** Layers of the new base that the old one had not. */
  readonly added: readonly BaseLayerChange[];
  /** The image's own layers, which stay as they are. */
  readonly kept: readonly OwnLayer[];
  /** Those that may not fit; only with `force`, and in a dry run. */
  readonly unsafe: readonly UnsafeLayer[];
}

/** What a rebase did. */
export interface RebaseResult {
  /** Full reference of the image that was read. */
  readonly reference: string;
  /** Full reference of the result. */
  readonly to: string;
  /** What `reference` names: the digest of a manifest, or of an index over the platforms. */
  readonly oldDigest: string;
  /** What `to` names now, or would. */
  readonly digest: string;
  readonly platforms: readonly RebasedPlatform[];
  /** What the push took; undefined for a dry run. */
  readonly pushed?: Pick<PushReport, "blobs" | "sentBytes">;
}

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

/** Both bases of an image, and what is to be said against the change. */
interface JudgedRebase {
  readonly from: BaseImage;
  readonly onto: BaseImage;
  readonly fromIdentity: BaseIdentity;
  readonly ontoIdentity: BaseIdentity;
  readonly kept: readonly OwnLayer[];
  readonly unsafe: readonly UnsafeLayer[];
}

/** Opens both bases, checks that they fit the image, and judges its own layers. */
async function judgeRebase(
  { manifest, image, platform }: RegistryImage,
  source: Reference,
  options: Pick<RebaseOptions, "onto" | "oldBase">,
  { bases, store }: Pick<Workspace, "bases" | "store">,
  onOpen: (close: () => Promise<void>) => void,
): Promise<JudgedRebase> {
  const name = canonicalReference(source);
  const old = oldBaseOf(options.oldBase, readBaseAnnotations(manifest.annotations));
  if (old === undefined) throw new PlanError("REBASE_BASE_UNKNOWN", { image: name }, { subject: name });
  const open = async (reference: string, digest?: string) => {
    const location = { kind: "registry" as const, reference, ...(digest === undefined ? {} : { digest }) };
    const opened = await bases.open(location, platform);
    onOpen(() => opened.close());
    checkPlatform(name, platform, reference, opened);
    return { opened, identity: { name: baseName(reference), digest: opened.digest! } };
  };
  const from = await open(old.name, old.digest);
  const onto = await open(options.onto);
  const below = layersBelow(image, from.opened);
  if (below === undefined) {
    const { name: base, digest } = from.identity;
    throw new PlanError("REBASE_NOT_ON_BASE", { image: name, base, digest }, { subject: name });
  }
  const above = image.layers.slice(below);
  const kept = ownLayers(
    above.map(({ descriptor }) => descriptor),
    ownHistory(image.config, from.opened.config),
  );
  const same = from.opened.digest === onto.opened.digest;
  const unsafe = same ? [] : await judge(kept, above, from.opened, onto.opened, store);
  const [fromIdentity, ontoIdentity] = [from.identity, onto.identity];
  return { from: from.opened, onto: onto.opened, fromIdentity, ontoIdentity, kept, unsafe };
}

async function judge(
  kept: readonly OwnLayer[],
  above: BaseImage["layers"],
  from: BaseImage,
  onto: BaseImage,
  store: BlobStore,
): Promise<UnsafeLayer[]> {
  // What other layers took cannot be checked, so nothing is fetched for them.
  if (!kept.some(needsGround)) return unsafeLayers(kept, undefined);
  const closers: (() => Promise<void>)[] = [];
  try {
    const trees = [];
    for (const base of [from, onto]) {
      const opened = await openBase(base.layers, store);
      closers.push(() => opened.close());
      trees.push(opened.tree);
    }
    const indexes = new Map<string, Awaited<ReturnType<typeof openLayer>>["index"]>();
    for (const [at, layer] of above.entries()) {
      if (!needsGround(kept[at]!)) continue;
      const opened = await openLayer(layer, store);
      closers.push(() => opened.close());
      indexes.set(layer.descriptor.digest, opened.index);
    }
    const indexOf = (digest: string) => indexes.get(digest)!;
    return unsafeLayers(kept, { from: trees[0]!, onto: trees[1]!, indexOf });
  } finally {
    for (const close of closers) await close();
  }
}

function oldBaseOf(
  option: string | undefined,
  said: Partial<BaseIdentity>,
): { readonly name: string; readonly digest?: string } | undefined {
  if (option === undefined) {
    return said.name === undefined
      ? undefined
      : { name: said.name, ...(said.digest && { digest: said.digest }) };
  }
  const { digest } = parseReference(option);
  return isDigest(digest) ? { name: option, digest } : { name: option };
}

function checkPlatform(image: string, platform: Platform, base: string, { config }: BaseImage): void {
  const { os, architecture, variant } = config;
  const offered = platformText({ os, architecture, ...(variant === undefined ? {} : { variant }) });
  const wanted = platformText(platform);
  if (normal(offered) === normal(wanted)) return;
  throw new PlanError(
    "REBASE_PLATFORM_DIFFERS",
    { image, platform: wanted, base, offered },
    { subject: image },
  );
}

/** `linux/arm64/v8` and `linux/arm64` are one. */
function normal(platform: string): string {
  return platformText(parsePlatform(platform));
}
