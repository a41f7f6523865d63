import { canonicalJson } from "../core/json.js";
import { PlanError } from "../errors/layerwright-error.js";
import { digestOf } from "../oci/digest.js";
import type { HistoryEntry, ImageConfig } from "../oci/image-config.js";
import type { Descriptor, ImageManifest } from "../oci/manifest.js";
import { mediaType } from "../oci/manifest.js";
import type { ConfigChange } from "../plan/config.js";
import { describeOperation } from "../plan/operation.js";
import type { Layer } from "../plan/plan.js";

/** A document with its descriptor. */
interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The config document as it is stored: sorted keys, no spaces. */
export function configDocument(config: ImageConfig): Document {
  return documentOf(config, mediaType.ociConfig);
}

/** The manifest of an image. */
export function manifestDocument(
  config: Descriptor,
  layers: readonly Descriptor[],
  annotations: Readonly<Record<string, string>>,
): Document {
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config,
    layers,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  return documentOf(manifest, mediaType.ociManifest);
}

function documentOf(value: unknown, type: string): Document {
  const bytes = Buffer.from(canonicalJson(value), "utf8");
  return { bytes, descriptor: { mediaType: type, digest: digestOf(bytes), size: bytes.length } };
}

const OCI_TYPES: Readonly<Record<string, string>> = {
  [mediaType.dockerLayer]: mediaType.ociLayer,
  [mediaType.dockerLayerGzip]: mediaType.ociLayerGzip,
};

/** The descriptor of a base's layer as an OCI manifest may have it: Docker's media types have equals in OCI, the rest stays. */
export function ociDescriptor(descriptor: Descriptor): Descriptor {
  return { ...descriptor, mediaType: OCI_TYPES[descriptor.mediaType] ?? descriptor.mediaType };
}

const LONGEST = 500;

/** The line of a layer: what its operations do, without any path of this machine. */
export function layerHistory(layer: Layer, created: string): HistoryEntry {
  return { created, created_by: layerText(layer) };
}

/** A layer in a few words. */
export function layerText(layer: Layer): string {
  const steps = layer.operations.map(describeOperation).join("; ");
  const text = [layer.name ?? "", steps].filter((part) => part !== "").join(": ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** The lines of config changes, which make no layer. Annotations are of the manifest and have none. */
export function configHistory(changes: readonly ConfigChange[], created: string): HistoryEntry[] {
  const kept = changes.filter((change) => change.set !== "annotation");
  return kept.map((change) => ({ created, created_by: changeText(change), empty_layer: true }));
}

function changeText(change: ConfigChange): string {
  const { set, origin: _, ...rest } = change;
  const values = Object.values(rest).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return `${set} ${values.join("=")}`;
}

/**
 * The history of a base, one line a layer at least: a base whose lines do not fit its layers gets lines that do,
 * because readers count them.
 */
export function baseHistory(
  history: readonly HistoryEntry[] | undefined,
  layers: number,
  created: string,
): readonly HistoryEntry[] {
  const filled = (history ?? []).filter((entry) => entry.empty_layer !== true).length;
  if (history !== undefined && filled === layers) return history;
  return Array.from({ length: layers }, () => ({ created, created_by: "layer of the base" }));
}

/** The last second that a ustar header can hold: eleven octal digits. */
const LAST = 0o77777777777;

/**
 * Reads `SOURCE_DATE_EPOCH` (reproducible-builds.org): whole seconds in decimal digits; unset or empty is undefined.
 * Anything else is `EPOCH_INVALID`, never silently "now".
 */
export function parseSourceDateEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= LAST))
    throw new PlanError("EPOCH_INVALID", { got: text }, { subject: "SOURCE_DATE_EPOCH" });
  return seconds;
}

/** Seconds since the epoch in RFC 3339, without a fraction, in UTC. */
export function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
