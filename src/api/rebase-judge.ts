import {
  needsGround,
  type OwnLayer,
  ownLayers,
  type UnsafeLayer,
  unsafeLayers,
} from "../engine/rebase/judge-layers.js";
import { ownHistory } from "../engine/rebase/rebase-config.js";
import { layersBelow } from "../engine/rebase/rebase-documents.js";
import { PlanError } from "../errors/layerwright-error.js";
import { openBase, openLayer } from "../layer/open-layer.js";
import { type BaseIdentity, baseName, readBaseAnnotations } from "../oci/base-annotations.js";
import { isDigest } from "../oci/digest.js";
import { type Platform, parsePlatform, platformText } from "../oci/platform.js";
import { canonicalReference, parseReference, type Reference } from "../oci/reference.js";
import type { BaseImage } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RebaseOptions } from "./rebase.js";
import type { RegistryImage } from "./registry-images.js";
import type { Workspace } from "./workspace.js";

/** Both bases of an image, and what is to be said against the change. */
export interface JudgedRebase {
  readonly from: BaseImage;
  readonly onto: BaseImage;
  readonly fromIdentity: BaseIdentity;
  readonly ontoIdentity: BaseIdentity;
  readonly kept: readonly OwnLayer[];
  readonly unsafe: readonly UnsafeLayer[];
}

/** Opens both bases, checks that they fit the image, and judges its own layers. */
export async function judgeRebase(
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
