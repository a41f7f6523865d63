import type { LayerObserver } from "../analyze/layer-observer.js";
import type { ObservedImage } from "../analyze/observed-image.js";
import { sha256Hex } from "../core/bytes.js";
import { isCount, isFlag, isText, listOf, mapOf, objectOf } from "../core/json.js";
import type { BuiltImage } from "../engine/build-image.js";
import { type Digest, isDigest } from "../oci/digest.js";
import { type ImageConfig, isRuntimeConfig, withoutNulls } from "../oci/image-config.js";
import { type Descriptor, layerEncodingOf } from "../oci/manifest.js";
import { type Platform, platformText } from "../oci/platform.js";
import type { Plan } from "../plan/plan.js";
import type { BlobStore } from "../ports/blob-store.js";

const KIND = "built-1";

/** Builds of one image that are kept: a report draws them as a line. */
const MAX_HISTORY = 200;

/** Which image of which project is meant. */
interface BuiltKey {
  /** The context directory, absolute. */
  readonly context: string;
  /** The catalog's name and the image's, `acme/api`. */
  readonly knownAs: string;
  readonly platform: Platform;
}

/** What the store remembers of the last build of an image. */
export interface BuiltRecord {
  /** Id of the last stage of its plan. */
  readonly stage: string;
  /** Over all that it was made from, see `inputStamp`; a record of an earlier version has none. */
  readonly inputs?: string;
  readonly digest: Digest;
  readonly config: ImageConfig;
  readonly layers: readonly BuiltLayerRecord[];
  /** Oldest first; a build that gave the image of the build before it adds nothing. */
  readonly history: readonly BuiltSize[];
}

/** One layer of a built image, bottom first. */
export interface BuiltLayerRecord {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  readonly description: string;
  readonly inherited: boolean;
  /** Bytes of the plain tar, where it was made here. */
  readonly uncompressedSize?: number;
}

/** How large an image was at some time. */
interface BuiltSize {
  /** As `2026-11-28T12:00:00.000Z`. */
  readonly at: string;
  readonly digest: Digest;
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly layers: number;
}

/** What was built last; undefined for an image that never was, or not with this store. */
export async function lastBuilt(store: BlobStore, key: BuiltKey): Promise<BuiltRecord | undefined> {
  const value = await store.getRecord(KIND, recordKey(key));
  return isBuilt(value) ? value : undefined;
}

const SHAPE = objectOf(
  {
    stage: isText,
    digest: isDigest,
    config: objectOf(
      {
        architecture: isText,
        os: isText,
        rootfs: objectOf({ diff_ids: listOf(isDigest) }),
      },
      {
        variant: isText,
        created: isText,
        config: isRuntimeConfig,
        history: listOf(
          objectOf({}, { created: isText, created_by: isText, comment: isText, empty_layer: isFlag }),
        ),
      },
    ),
    layers: listOf(
      objectOf(
        {
          diffId: isDigest,
          descriptor: objectOf(
            { mediaType: isText, digest: isDigest, size: isCount },
            { annotations: mapOf(isText) },
          ),
          description: isText,
          inherited: isFlag,
        },
        { uncompressedSize: isCount },
      ),
    ),
    history: listOf(objectOf({ at: isText, digest: isDigest, size: isCount, layers: isCount })),
  },
  { inputs: isText },
);

function isBuilt(value: unknown): value is BuiltRecord {
  return SHAPE(value);
}

/** Remembers a build. */
export async function rememberBuilt(
  store: BlobStore,
  key: BuiltKey,
  { image, layers }: BuiltImage,
  plan: Plan,
  inputs: string,
): Promise<void> {
  const { digest } = image.manifest.descriptor;
  const earlier = (await lastBuilt(store, key))?.history ?? [];
  const size = image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const now = { at: new Date().toISOString(), digest, size, layers: image.layers.length };
  const history = earlier.at(-1)?.digest === digest ? earlier : [...earlier, now].slice(-MAX_HISTORY);
  const record: BuiltRecord = {
    stage: plan.stages.at(-1)!.id,
    inputs,
    digest,
    config: withoutNulls(JSON.parse(Buffer.from(image.config.bytes).toString("utf8")) as ImageConfig),
    layers: layers.map(({ diffId, descriptor, description, id, uncompressedSize }) => ({
      diffId,
      descriptor,
      description,
      inherited: id === undefined,
      ...(uncompressedSize === undefined ? {} : { uncompressedSize }),
    })),
    history,
  };
  await store.putRecord(KIND, recordKey(key), record);
}

/**
 * An image of an earlier build as the analyses see it. Its layers are read from the store.
 *
 * @throws {IntegrityError} when a layer is asked for that the store no longer has
 */
export async function observeLastBuilt(
  { digest, config, layers }: BuiltRecord,
  name: string,
  platform: Platform,
  store: BlobStore,
  observer: LayerObserver,
): Promise<ObservedImage> {
  const observed = layers.map(({ diffId, descriptor, description, inherited, uncompressedSize }) =>
    observer.observe(
      {
        diffId,
        descriptor,
        encoding: layerEncodingOf(descriptor.mediaType),
        blob: (options) => store.read(descriptor.digest, { ...options, size: descriptor.size }),
      },
      { description, inherited, uncompressedSize },
    ),
  );
  return { name, platform, digest, config, layers: await Promise.all(observed) };
}

function recordKey({ context, knownAs, platform }: BuiltKey): string {
  return sha256Hex(`${context}\0${knownAs}\0${platformText(platform)}`);
}
