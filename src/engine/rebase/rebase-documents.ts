import { canonicalJson } from "../../core/json.js";
import { type BaseIdentity, baseAnnotations } from "../../oci/base-annotations.js";
import type { HistoryEntry, ImageConfig, RuntimeConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import type { Platform } from "../../oci/platform.js";
import type { BaseImage, BaseLayer } from "../../ports/base-source.js";
import type { FinishedImage } from "../../ports/image-output.js";
import { baseHistory, configDocument, manifestDocument, ociDescriptor } from "../image-documents.js";

/** An image, the base that it stands on, and the one that it is to stand on. */
interface RebaseParts {
  readonly manifest: ImageManifest;
  readonly image: BaseImage;
  readonly from: BaseImage;
  readonly onto: BaseImage;
  readonly ontoIdentity: BaseIdentity;
  readonly platform: Platform;
  /** Full references that the result is named by. */
  readonly references: readonly string[];
}

/**
 * The number of layers that a base has at the bottom of an image; undefined where it is not what the image stands on.
 */
export function layersBelow(image: BaseImage, base: BaseImage): number | undefined {
  const same = base.layers.every(
    ({ descriptor }, at) => image.layers[at]?.descriptor.digest === descriptor.digest,
  );
  return same ? base.layers.length : undefined;
}

/** The image on its new base: new documents over blobs that are all there. */
export function rebaseDocuments(parts: RebaseParts): FinishedImage {
  const { manifest, image, from, onto, ontoIdentity, platform, references } = parts;
  const config = configDocument(rebaseConfig(image.config, from.config, onto.config) as ImageConfig);
  const layers = [...onto.layers, ...image.layers.slice(from.layers.length)].map(finishedLayer);
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const annotations = { ...manifest.annotations, ...baseAnnotations(ontoIdentity) };
  const document = manifestDocument(config.descriptor, descriptors, annotations);
  return {
    references,
    config,
    layers,
    manifest: { ...document, descriptor: { ...document.descriptor, platform } },
  };
}

function finishedLayer(layer: BaseLayer): FinishedImage["layers"][number] {
  const { diffId, heldBy } = layer;
  return {
    diffId,
    descriptor: ociDescriptor(layer.descriptor),
    blob: () => layer.blob(),
    ...(heldBy === undefined ? {} : { heldBy }),
  };
}

/** The config of an image on a new base: the same as if it had been built on that. */
export function rebaseConfig(own: ImageConfig, from: ImageConfig, onto: ImageConfig): ImageConfig {
  const kept = from.rootfs.diff_ids.length;
  const { created } = own;
  const diffIds = [...onto.rootfs.diff_ids, ...own.rootfs.diff_ids.slice(kept)];
  const ontoHistory = baseHistory(onto.history, onto.rootfs.diff_ids.length, created ?? EPOCH);
  const { config: _, rootfs: __, history: ___, created: ____, ...rest } = own;
  const document = swapFields(rest, documentOf(from), documentOf(onto)) as Omit<ImageConfig, "rootfs">;
  return {
    ...document,
    ...(created === undefined ? {} : { created }),
    config: rebaseRuntime(own.config ?? {}, from.config ?? {}, onto.config ?? {}),
    rootfs: { type: "layers", diff_ids: diffIds },
    history: [...ontoHistory, ...ownHistory(own, from)],
  };
}

const EPOCH = "1970-01-01T00:00:00Z";

/** The fields of the base's own making; the others are put together anew. */
function documentOf(config: ImageConfig): Readonly<Record<string, unknown>> {
  const { config: _, rootfs: __, history: ___, created: ____, ...document } = config;
  return document;
}

/** The lines of the image above those of its base, one a layer at least. */
export function ownHistory(own: ImageConfig, from: ImageConfig): readonly HistoryEntry[] {
  const below = from.rootfs.diff_ids.length;
  const layers = own.rootfs.diff_ids.length - below;
  const history = own.history ?? [];
  const filled = history.filter((line) => line.empty_layer !== true).length;
  if (filled !== own.rootfs.diff_ids.length) return baseHistory(undefined, layers, own.created ?? EPOCH);
  const inherited = from.history ?? [];
  if (inherited.length > 0 && sameJson(history.slice(0, inherited.length), inherited)) {
    return history.slice(inherited.length);
  }
  // Lines that were made up for the base, or changed by a builder: as many as it has layers.
  let seen = 0;
  let at = 0;
  for (; seen < below; at++) if (history[at]!.empty_layer !== true) seen++;
  return history.slice(at);
}

/** The config that a container starts with, on a new base: field by field, variables and labels one by one. */
function rebaseRuntime(own: RuntimeConfig, from: RuntimeConfig, onto: RuntimeConfig): RuntimeConfig {
  const runtime = swapFields(own as Fields, from as Fields, onto as Fields);
  // What has parts and was not changed in any is the new base's as a whole, as swapped above.
  for (const key of ["Labels", "ExposedPorts", "Volumes"] as const) {
    if (sameJson(own[key], from[key])) continue;
    runtime[key] = swapFields(own[key] ?? {}, from[key] ?? {}, onto[key] ?? {});
  }
  if (!sameJson(own.Env, from.Env)) {
    runtime["Env"] = rebaseEnv(own.Env ?? [], from.Env ?? [], onto.Env ?? []);
  }
  // An entry point of the image's own drops the command of its base, whichever that is.
  const setsEntrypoint = !sameJson(own.Entrypoint, from.Entrypoint);
  if (setsEntrypoint && own.Cmd === undefined) delete runtime["Cmd"];
  return runtime as RuntimeConfig;
}

/** The variables of the new base, with what the image itself set: in their places, then new ones in their order. */
function rebaseEnv(own: readonly string[], from: readonly string[], onto: readonly string[]): string[] {
  const before = new Map(from.map((line) => [nameOf(line), line]));
  const names = new Set(own.map(nameOf));
  const removed = new Set([...before.keys()].filter((name) => !names.has(name)));
  const result = onto.filter((line) => !removed.has(nameOf(line)));
  for (const line of own) {
    if (before.get(nameOf(line)) === line) continue;
    const at = result.findIndex((other) => nameOf(other) === nameOf(line));
    if (at < 0) result.push(line);
    else result[at] = line;
  }
  return result;
}

function nameOf(line: string): string {
  const equals = line.indexOf("=");
  return equals < 0 ? line : line.slice(0, equals);
}

/** True when two JSON values say the same. */
function sameJson(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalJson(left) === canonicalJson(right);
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Fields with a new origin: what is as it was in the old origin becomes what it is in the new one, and what is not
 * was set on purpose and stays.
 */
function swapFields(own: Fields, from: Fields, onto: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(onto), ...Object.keys(own)])) {
    const value = sameJson(own[key], from[key]) ? onto[key] : own[key];
    if (value !== undefined) result[key] = value;
  }
  return result;
}
