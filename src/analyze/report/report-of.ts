import { getOrMake } from "../../core/grouped.js";
import { type Origin, originText } from "../../errors/origin.js";
import { platformText } from "../../oci/platform.js";
import type { Plan } from "../../plan/plan.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";
import { baseText } from "../sharing/share-images.js";
import type { WasteLayer, WasteReport, WasteRow } from "../waste/waste-report.js";
import { type FileTree, fileTree, nodeCount, shares, shownNodes } from "./file-tree.js";
import type { ReportData, ReportImage, ReportLayer, ReportSize, ReportWaste } from "./report-data.js";

/** Files and directories on one page: about 2 MB of text. */
const MAX_NODES = 60_000;

/** The input of a report beside the images. */
export interface ReportInput {
  readonly title: string;
  /** As `2026-11-28T12:00:00.000Z`. */
  readonly made: string;
  /** Sizes of an image in earlier builds, oldest first. @default - none are known */
  readonly historyOf?: (
    image: ObservedImage,
  ) => Promise<readonly (ReportSize & { readonly digest: string })[]>;
  /** Finds the waste of an image. @default - the report says nothing of waste */
  readonly wasteOf?: (image: ObservedImage) => Promise<FoundWaste>;
  /** Files and directories that are listed at most. @default - 60,000 */
  readonly maxNodes?: number;
}

/** The waste of an image, as the report needs it. */
type FoundWaste = Pick<WasteReport, "efficiency"> & { readonly rows: readonly FoundRow[] };
type FoundRow = Pick<WasteRow, "what" | "bytes" | "files" | "paths" | "fix"> & {
  readonly kind: string;
  readonly origin?: Origin | undefined;
  readonly layer: Pick<WasteLayer, "index">;
};

/** A layer while the report is made. */
interface LayerDraft {
  readonly layer: ObservedLayer;
  readonly images: number[];
}

/** Makes the data of a report about some images. */
export async function reportOf(images: readonly ObservedImage[], input: ReportInput): Promise<ReportData> {
  const drafts = new Map<string, LayerDraft>();
  for (const [at, { layers }] of images.entries()) {
    for (const layer of layers) {
      const draft = getOrMake(drafts, layer.diffId, () => ({ layer, images: [] }));
      if (draft.images.at(-1) !== at) draft.images.push(at);
    }
  }
  const places = new Map([...drafts.keys()].map((diffId, at) => [diffId, at]));
  const lines = new LineList();
  const layers = await reportLayers([...drafts.values()], images, lines, input.maxNodes ?? MAX_NODES);
  const waste = input.wasteOf && new WasteList(lines);
  const reported: ReportImage[] = [];
  for (const [at, image] of images.entries()) {
    const own = image.layers.map(({ diffId }) => places.get(diffId)!);
    const found = await input.wasteOf?.(image);
    if (found !== undefined) waste?.add(at, own, found);
    const history = await historyOf(image, input);
    reported.push(reportImage(image, own, layers, history, found?.efficiency));
  }
  const { title, made } = input;
  const known = waste === undefined ? {} : { waste: waste.rows };
  const totals = totalsOf(reported, layers, waste?.bytes);
  return { title, made, totals, layers, images: reported, ...known, lines: lines.texts };
}

async function reportLayers(
  drafts: readonly LayerDraft[],
  images: readonly ObservedImage[],
  lines: LineList,
  maxNodes: number,
): Promise<ReportLayer[]> {
  const trees: FileTree[] = [];
  for (const { layer } of drafts) trees.push(fileTree(await layer.entries()));
  const limits = shares(trees.map(nodeCount), maxNodes);
  return drafts.map(({ layer, images: having }, at) => {
    // A layer that several images have was written by the image that knows the line.
    const copies = having.flatMap((image) =>
      images[image]!.layers.filter(({ diffId }) => diffId === layer.diffId),
    );
    const lineOf = (path: string) => {
      for (const copy of copies) {
        const origin = copy.originOf(path);
        if (origin !== undefined) return lines.numberOf(origin);
      }
      return undefined;
    };
    const line = lineOf(largestFile(trees[at]!));
    const files = shownNodes(trees[at]!, limits[at]!, (path) => {
      const own = lineOf(path);
      return own === line ? undefined : own;
    });
    const base = copies.every(({ inherited }) => inherited) && line === undefined;
    const plan = images[having[0]!]!.plan;
    const baseName = base && plan !== undefined ? baseOfPlan(plan) : undefined;
    const told = copies.find(({ description }) => description !== undefined)?.description ?? "";
    return {
      diffId: layer.diffId,
      description: baseName === undefined ? told : `${baseName}: ${told}`,
      bytes: layer.uncompressedSize,
      compressedBytes: layer.size,
      images: having,
      base,
      ...(line === undefined ? {} : { line }),
      files,
    };
  });
}

function largestFile(tree: FileTree): string {
  const path: string[] = [];
  for (let at: FileTree | undefined = tree; at?.children !== undefined; ) {
    at = [...at.children.values()].reduce<FileTree | undefined>(
      (most, child) => (most === undefined || child.bytes > most.bytes ? child : most),
      undefined,
    );
    if (at !== undefined) path.push(at.name);
  }
  return path.join("/");
}

/** The sizes of an image in earlier builds and, where it is another than the last of them, now. */
async function historyOf(
  image: ObservedImage,
  { historyOf: known, made }: ReportInput,
): Promise<ReportSize[]> {
  const earlier = (await known?.(image)) ?? [];
  const built = earlier.map(({ at, bytes, layers }) => ({ at, bytes, layers }));
  if (earlier.length > 0 && earlier.at(-1)?.digest === image.digest) return built;
  const bytes = image.layers.reduce((sum, { size }) => sum + size, 0);
  return [...built, { at: made, bytes, layers: image.layers.length }];
}

function reportImage(
  { name, platform, digest }: ObservedImage,
  own: readonly number[],
  layers: readonly ReportLayer[],
  history: readonly ReportSize[],
  efficiency: number | undefined,
): ReportImage {
  const sum = (chosen: readonly number[]) => chosen.reduce((bytes, at) => bytes + layers[at]!.bytes, 0);
  return {
    name,
    platform: platformText(platform),
    ...(digest === undefined ? {} : { digest }),
    virtualBytes: sum(own),
    uniqueBytes: sum([...new Set(own)].filter((at) => layers[at]!.images.length === 1)),
    layers: own,
    history,
    ...(efficiency === undefined ? {} : { efficiency }),
  };
}

function totalsOf(
  images: readonly ReportImage[],
  layers: readonly ReportLayer[],
  wastedBytes: number | undefined,
): ReportData["totals"] {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  return {
    images: images.length,
    layers: layers.length,
    virtualBytes: sum(images.map(({ virtualBytes }) => virtualBytes)),
    effectiveBytes: sum(layers.map(({ bytes }) => bytes)),
    effectiveCompressedBytes: sum(layers.map(({ compressedBytes }) => compressedBytes)),
    ...(wastedBytes === undefined ? {} : { wastedBytes }),
  };
}

/** Returns the reference or the path of the base of a planned image; undefined for scratch. */
function baseOfPlan({ stages }: Plan): string | undefined {
  let base = stages.at(-1)?.base;
  while (base?.kind === "stage") {
    const { stage } = base;
    base = stages.find(({ id }) => id === stage)?.base;
  }
  return base && baseText(base);
}

/** Paths that a row names; it says how many there are. */
const MAX_PATHS = 20;

/** The waste of several images: what a shared layer wastes in all of them is one row, and its bytes count once. */
class WasteList {
  readonly #lines: LineList;
  readonly #layers = new Map<number, number>();
  readonly #rows = new Map<string, ReportWaste & { readonly images: number[] }>();

  constructor(lines: LineList) {
    this.#lines = lines;
  }

  /** @param layers places of the image's layers in the report */
  add(image: number, layers: readonly number[], { rows }: FoundWaste): void {
    const wasted = new Map<number, number>();
    for (const row of rows) {
      const { kind, what, bytes, files, paths, fix, origin } = row;
      const layer = layers[row.layer.index]!;
      wasted.set(layer, (wasted.get(layer) ?? 0) + bytes);
      const key = JSON.stringify([layer, kind, what, bytes, files, paths[0]]);
      const known = this.#rows.get(key);
      if (known !== undefined) {
        known.images.push(image);
        continue;
      }
      const line = this.#lines.numberOf(origin);
      const made = {
        kind,
        what,
        bytes,
        files,
        layer,
        images: [image],
        paths: paths.slice(0, MAX_PATHS),
        fix,
      };
      this.#rows.set(key, line === undefined ? made : { ...made, line });
    }
    for (const [layer, bytes] of wasted) {
      this.#layers.set(layer, Math.max(bytes, this.#layers.get(layer) ?? 0));
    }
  }

  /** Bytes that are wasted, of each layer as much as the image of which it wastes most. */
  get bytes(): number {
    return [...this.#layers.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Worst first. */
  get rows(): readonly ReportWaste[] {
    return [...this.#rows.values()].sort((a, b) => b.bytes - a.bytes);
  }
}

/** Lines of the user's files by number, so that each is written once. */
class LineList {
  readonly #numbers = new Map<string, number>();

  /** The number of a line; undefined where no line is known. */
  numberOf(origin: Origin | undefined): number | undefined {
    if (origin === undefined) return undefined;
    const text = originText({ file: origin.file, line: origin.line });
    return getOrMake(this.#numbers, text, () => this.#numbers.size);
  }

  get texts(): readonly string[] {
    return [...this.#numbers.keys()];
  }
}
