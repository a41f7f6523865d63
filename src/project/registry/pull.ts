import { BlobFetcher, findRemoteImage, type RemoteImage } from "../../adapters/bases/registry-bases.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { hostPlatform, parsePlatform, platformText } from "../../oci/platform.js";
import { canonicalReference, parseReference, type Reference } from "../../oci/reference.js";
import type { FinishedImage } from "../../ports/image-output.js";
import { openOutput, outputTarget } from "../deliver.js";
import { type BuildOptions, holdsPlatforms, type OutputTarget } from "../options.js";
import { withWorkspace } from "../workspace.js";

/** What is pulled, and where to. */
export interface PullOptions
  extends Pick<BuildOptions, "store" | "signal" | "progress" | "registries" | "registry"> {
  /** A path (the archive that every loader takes) or a target with its form. */
  readonly output: string | OutputTarget;
  /** As `linux/amd64`; several become an index, which the types `oci` and `layout` hold. @default - linux on this machine's processor */
  readonly platforms?: readonly string[];
}

/** What was pulled. */
export interface PullResult {
  /** Full, as it was asked for. */
  readonly reference: string;
  /** The manifests, one a platform. */
  readonly digests: readonly string[];
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly output: OutputTarget;
}

/** Finds the images of a reference, one a platform, and writes them. */
export async function pullImages(name: string, options: PullOptions): Promise<PullResult> {
  const reference = parseReference(name);
  const target = outputTarget(options.output)!;
  const platforms = (options.platforms ?? [platformText(hostPlatform())]).map((text) => parsePlatform(text));
  if (platforms.length > 1 && !holdsPlatforms(target.type)) {
    const texts = platforms.map(platformText);
    throw new PlanError(
      "OUTPUT_PLATFORMS",
      { path: target.dest, platforms: texts },
      { subject: target.dest },
    );
  }
  return withWorkspace(options, async ({ store, registry, context }) => {
    const fetcher = new BlobFetcher(store, registry, options.progress);
    const images: FinishedImage[] = [];
    // A tag is looked up once, so that all platforms are of the same image.
    let pinned: Reference = reference;
    if (platforms.length > 1 && reference.digest === undefined) {
      const top = await (await registry()).document(reference, options.signal);
      pinned = { ...reference, digest: top.descriptor.digest };
    }
    for (const platform of platforms) {
      const remote = await findRemoteImage(pinned, { platform }, { store, registry }, fetcher);
      images.push(finished(remote, reference, platforms.length > 1, fetcher));
    }
    await openOutput(target, [], context, store).write(images);
    return {
      reference: canonicalReference(reference),
      digests: images.map(({ manifest }) => manifest.descriptor.digest),
      size: images.flatMap(({ layers }) => layers).reduce((sum, { descriptor }) => sum + descriptor.size, 0),
      output: target,
    };
  });
}

function finished(
  { manifest, config }: RemoteImage,
  reference: Reference,
  several: boolean,
  fetcher: BlobFetcher,
): FinishedImage {
  const { domain, path, tag } = reference;
  const named = reference.digest === undefined || tag !== undefined;
  const { os, architecture, variant } = config.value;
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  const descriptor = several ? { platform, ...manifest.descriptor } : manifest.descriptor;
  return {
    // Without a tag there is no name that loaders would take.
    references: named ? [canonicalReference({ domain, path, ...(tag === undefined ? {} : { tag }) })] : [],
    manifest: { descriptor, bytes: manifest.bytes },
    config,
    layers: manifest.value.layers.map((layer, at) => ({
      diffId: config.value.rootfs.diff_ids[at]!,
      descriptor: layer,
      heldBy: { domain, path },
      blob: (reading) => fetcher.blob(reference, layer, reading),
      pump: (sink) => fetcher.pump(reference, layer, sink),
    })),
  };
}
