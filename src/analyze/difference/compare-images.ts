import { IntegrityError } from "../../errors/layerwright-error.js";
import { platformText } from "../../oci/platform.js";
import type { ComparedImage } from "./compared-image.js";
import { configDifferences } from "./config-difference.js";
import { compareFiles } from "./file-differences.js";
import type { DifferenceGap, DifferenceSide, ImageDifference } from "./image-difference.js";
import { type LayerDifference, type LayerState, layerDifferences } from "./layer-difference.js";
import { OpenedLayers } from "./opened-layers.js";
import { packageDifferences } from "./package-differences.js";

/** How two images are compared. */
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
  const sides = {
    before: sideOf(
      before,
      layers.flatMap((it) => it.before ?? []),
    ),
    after: sideOf(
      after,
      layers.flatMap((it) => it.after ?? []),
    ),
  };
  return {
    ...sides,
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

function sideOf({ name, platform, digest }: ComparedImage, layers: readonly LayerState[]): DifferenceSide {
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
