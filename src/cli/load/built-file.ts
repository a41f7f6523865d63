import type { ObservedEntry, ObservedImage, ObservedLayer } from "../../analyze/observed-image.js";
import type { FoundSecret } from "../../analyze/secrets/find-secrets.js";
import { type Origin, originText } from "../../errors/origin.js";
import type { Digest } from "../../oci/digest.js";
import type { EarlierBuild } from "../../policy/policy-image.js";
import type { NamedFacts } from "../../project/gate/policies.js";

/** Built images as JSON, on the way to the process that has the functions of the policies. */
interface BuiltFile {
  readonly images: readonly BuiltImageData[];
  /** Entries by the layer's diff id: images that share a layer share its list. */
  readonly entries: Readonly<Record<string, readonly EntryData[]>>;
}

interface BuiltImageData extends Pick<ObservedImage, "config" | "digest"> {
  readonly name: string;
  readonly platform: ObservedImage["platform"];
  readonly platformName: string;
  readonly layers: readonly LayerData[];
  readonly secrets: readonly FoundSecret[];
  readonly earlier?: EarlierBuild;
}

type LayerData = Pick<
  ObservedLayer,
  "diffId" | "digest" | "size" | "uncompressedSize" | "description" | "inherited"
> & {
  /** The user's lines in this layer, and for each entry which of them it is (-1: none). */
  readonly lines: readonly Origin[];
  readonly lineOf: readonly number[];
};

/** Bytes of attributes are base64. */
type EntryData = Omit<ObservedEntry, "xattrs"> & { readonly xattrs?: Readonly<Record<string, string>> };

/** The text of a file with what was built. */
export async function builtFileText(facts: readonly NamedFacts[]): Promise<string> {
  const entries: Record<string, readonly EntryData[]> = {};
  const images: BuiltImageData[] = [];
  for (const { name, platform: platformName, image, secrets, earlier } of facts) {
    const layers: LayerData[] = [];
    for (const layer of image.layers) {
      const listed = await layer.entries();
      entries[layer.diffId] ??= listed.map(entryData);
      layers.push(layerData(layer, listed));
    }
    const { config, digest, platform } = image;
    images.push({
      name,
      platform,
      platformName,
      config,
      layers,
      secrets,
      ...(digest && { digest }),
      ...(earlier && { earlier }),
    });
  }
  return JSON.stringify({ images, entries } satisfies BuiltFile);
}

/** What such a file says, as the analyses see images; contents of files are not at hand. */
export function readBuiltFile(text: string): readonly NamedFacts[] {
  const { images, entries } = JSON.parse(text) as BuiltFile;
  const revived = new Map(Object.entries(entries).map(([diffId, list]) => [diffId, list.map(entryOfData)]));
  return images.map(({ name, platformName, secrets, earlier, layers, ...rest }) => ({
    name,
    platform: platformName,
    secrets,
    image: { ...rest, name, layers: layers.map((layer) => layerOfData(layer, revived)) },
    ...(earlier && { earlier }),
  }));
}

function layerData(layer: ObservedLayer, entries: readonly ObservedEntry[]): LayerData {
  const { diffId, digest, size, uncompressedSize, description, inherited } = layer;
  const lines: Origin[] = [];
  const places = new Map<string, number>();
  const lineOf = entries.map(({ path }) => {
    const origin = layer.originOf(path);
    if (origin === undefined) return -1;
    const text = originText(origin);
    const known = places.get(text) ?? lines.push(origin) - 1;
    places.set(text, known);
    return known;
  });
  return {
    diffId,
    digest,
    size,
    uncompressedSize,
    inherited,
    lines,
    lineOf,
    ...(description === undefined ? {} : { description }),
  };
}

function layerOfData(
  { lines, lineOf, ...layer }: LayerData,
  entries: ReadonlyMap<string, readonly ObservedEntry[]>,
): ObservedLayer {
  const own = entries.get(layer.diffId as Digest) ?? [];
  const places = new Map(own.map(({ path }, at) => [path, lines[lineOf[at] ?? -1]]));
  return { ...layer, entries: async () => own, originOf: (path) => places.get(path) };
}

function entryData({ xattrs, ...entry }: ObservedEntry): EntryData {
  if (xattrs === undefined) return entry;
  const texts = Object.entries(xattrs).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]);
  return { ...entry, xattrs: Object.fromEntries(texts) };
}

function entryOfData({ xattrs, ...entry }: EntryData): ObservedEntry {
  if (xattrs === undefined) return entry;
  const bytes = Object.entries(xattrs).map(([name, text]) => [name, Buffer.from(text, "base64")]);
  return { ...entry, xattrs: Object.fromEntries(bytes) };
}
