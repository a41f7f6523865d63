import { IntegrityError } from "../../errors/layerwright-error.js";
import { platformText } from "../../oci/platform.js";
import { type ConfigDifference, configDifferences } from "./config-difference.js";
import { compareFiles, type FileDifference } from "./file-differences.js";
import { type LayerDifference, layerDifferences } from "./layer-difference.js";
import { type ComparedImage, OpenedLayers } from "./opened-layers.js";
import { type PackageDifference, packageDifferences } from "./package-differences.js";

/** One of the two images of a comparison. */
export interface DifferenceSide {
  /** Its name in the catalog, or else the path or reference that it was found under. */
  readonly name: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Of the manifest; undefined where the image has none (docker save). */
  readonly digest?: string;
  /** Compressed bytes of all layers. */
  readonly size: number;
  /** Bytes of all plain tars; undefined where a layer was never unpacked and is gone. */
  readonly uncompressedSize?: number;
}

/** The reason why a comparison is incomplete, as an error would say it. */
export interface DifferenceGap {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** The differences between two images. */
export interface ImageDifference {
  readonly before: DifferenceSide;
  readonly after: DifferenceSide;
  /** True when nothing that is compared differs. The digests can differ all the same, by times or annotations. */
  readonly same: boolean;
  readonly config: readonly ConfigDifference[];
  /** All layers of both, bottom first; those that are gone stand where they were. */
  readonly layers: readonly LayerDifference[];
  /** Compressed bytes that a machine with the image before has to fetch for the image after. */
  readonly pullBytes: number;
  /** Of the final root file systems, by path; undefined where a layer cannot be read, which `gap` explains. */
  readonly files?: readonly FileDifference[];
  /** By kind and name; undefined together with `files`. */
  readonly packages?: readonly PackageDifference[];
  readonly gap?: DifferenceGap;
}

/** Options of a comparison. */
export interface CompareOptions {
  /** True when times count: of the config, of its history, of files. @default - false */
  readonly times?: boolean | undefined;
}

/**
 * Compares two images: config, layers, files, packages, sizes. Where a layer is no longer to be had, all but files and
 * packages.
 */
export async function compareImages(
  before: ComparedImage,
  after: ComparedImage,
  { times = false }: CompareOptions = {},
): Promise<ImageDifference> {
  const config = configDifferences(before.config, after.config, { times }, after.plan);
  const layers = layerDifferences(before.layers, after.layers);
  const held = new Set(before.layers.map(({ digest }) => digest));
  const pulled = after.layers.filter(({ digest }) => !held.has(digest));
  const looked = await filesAndPackages(before, after, times);
  return {
    before: sideOf(before, layers, "before"),
    after: sideOf(after, layers, "after"),
    same: config.length === 0 && layers.every(isSame) && (looked.files ?? []).length === 0,
    config,
    layers,
    pullBytes: pulled.reduce((sum, { size }) => sum + size, 0),
    ...looked,
  };
}

async function filesAndPackages(
  before: ComparedImage,
  after: ComparedImage,
  times: boolean,
): Promise<Pick<ImageDifference, "files" | "packages" | "gap">> {
  const opened = new OpenedLayers();
  try {
    const compared = await compareFiles(before, after, opened, times);
    return { files: compared.files, packages: await packageDifferences(compared) };
  } catch (error) {
    if (!(error instanceof IntegrityError) || error.code !== "BLOB_MISSING") throw error;
    const digest = error.subject ?? "";
    const of = [before, after].find(({ layers }) => layers.some((layer) => layer.digest === digest));
    return { gap: gapOf(digest, (of ?? before).name) };
  } finally {
    await opened.close();
  }
}

function gapOf(digest: string, name: string): DifferenceGap {
  const { code, shortMessage, hint } = new IntegrityError("DIFF_LAYER_GONE", { name, digest });
  return { code, message: shortMessage, hint };
}

/** A layer that is kept, and whose blob has the same size: how a blob is compressed is seen in what is pulled. */
function isSame({ change, before, after }: LayerDifference): boolean {
  return change === "kept" && before?.size === after?.size;
}

function sideOf(
  { name, platform, digest }: ComparedImage,
  differences: readonly LayerDifference[],
  side: "before" | "after",
): DifferenceSide {
  const layers = differences.flatMap((difference) => difference[side] ?? []);
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const unpacked = layers.reduce<number | undefined>(
    (sum, { uncompressedSize }) =>
      sum === undefined || uncompressedSize === undefined ? undefined : sum + uncompressedSize,
    0,
  );
  return {
    name,
    platform: platformText(platform),
    size,
    ...(digest === undefined ? {} : { digest }),
    ...(unpacked === undefined ? {} : { uncompressedSize: unpacked }),
  };
}
