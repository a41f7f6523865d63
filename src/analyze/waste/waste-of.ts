import { grouped } from "../../core/grouped.js";
import { type Origin, originText } from "../../errors/origin.js";
import type { Operation } from "../../plan/operation.js";
import { operationsOf } from "../../plan/plan.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";
import { pathKinds } from "./path-kinds.js";
import { followContents, isSpare, type StoredContent } from "./stored-content.js";
import type { OwnWaste, WasteLayer, WastePlace, WasteReport, WasteRow } from "./waste-report.js";
import {
  copiedUpFiles,
  duplicateFiles,
  lostFiles,
  type Place,
  privilegedFiles,
  type Wasted,
  type Writer,
} from "./wasted.js";

/**
 * Finds what an image holds and nobody needs. A file is in one row only: that of the first kind that explains all its bytes.
 *
 * @throws {IntegrityError} LAYER_INVALID and others, when a layer's entries are not those of a layer
 */
export async function wasteOf(image: ObservedImage): Promise<WasteReport> {
  const contents = await followContents(image.layers);
  const wasted = wastedFiles(image, contents);
  const rows = wasteRows(image, wasted);
  const contentBytes = bytesOf(contents);
  const finalBytes = bytesOf(contents.filter((content) => !isSpare(content)));
  return {
    image: image.name,
    platform: image.platform,
    ...(image.digest === undefined ? {} : { digest: image.digest }),
    efficiency: ratio(finalBytes, contentBytes),
    contentBytes,
    finalBytes,
    wastedBytes: sumOf(wasted),
    own: ownWaste(image, contents, wasted),
    rows,
  };
}

function wastedFiles({ config }: ObservedImage, contents: readonly StoredContent[]): Wasted[] {
  const byName = pathKinds(config.config ?? {});
  const byPath: Wasted[] = [];
  const rest = contents.filter((content) => {
    if (isSpare(content)) return false;
    const found = byName(content);
    if (found !== undefined) byPath.push(found);
    return found === undefined;
  });
  return [
    ...lostFiles(contents, "overwritten"),
    ...lostFiles(contents, "removed"),
    ...copiedUpFiles(contents),
    ...byPath,
    ...duplicateFiles(rest),
    ...privilegedFiles(contents),
  ];
}

function ownWaste(
  { layers }: ObservedImage,
  contents: readonly StoredContent[],
  wasted: readonly Wasted[],
): OwnWaste {
  const isOwn = ({ layer }: { readonly layer: number }) => !layers[layer]!.inherited;
  const own = contents.filter(isOwn);
  const contentBytes = bytesOf(own);
  const neededBytes = bytesOf(own.filter((content) => !isSpare(content)));
  return {
    efficiency: ratio(neededBytes, contentBytes),
    contentBytes,
    neededBytes,
    wastedBytes: sumOf(wasted.filter(({ place }) => isOwn(place))),
  };
}

function bytesOf(contents: readonly StoredContent[]): number {
  return contents.reduce((sum, { entry }) => sum + entry.size, 0);
}

function sumOf(wasted: readonly Wasted[]): number {
  return wasted.reduce((sum, { bytes }) => sum + bytes, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

const SAMPLES = 5;

/** Groups the files that are waste for one reason, in one layer and by one line; the most bytes first. */
function wasteRows(image: ObservedImage, wasted: readonly Wasted[]): WasteRow[] {
  const groups = grouped(wasted, ({ kind, what, place, by, of }) =>
    [kind, what, ...[place, by, of].map((it) => lineText(image, it))].join("\0"),
  );
  const writerOf = writersOf(image);
  const rows = [...groups.values()].map((group): WasteRow => {
    const ordered = [...group].sort((left, right) => right.bytes - left.bytes);
    const { kind, what, place, by, of, fix } = ordered[0]!;
    const layer = image.layers[place.layer]!;
    const origin = layer.originOf(place.path);
    return {
      kind,
      what,
      bytes: sumOf(group),
      files: group.length,
      layer: wasteLayer(layer, place.layer),
      ...(origin === undefined ? {} : { origin }),
      ...(by === undefined ? {} : { by: wastePlace(image, by) }),
      ...(of === undefined ? {} : { of: wastePlace(image, of) }),
      paths: ordered.slice(0, SAMPLES).map(({ path }) => `/${path}`),
      fix: fix(writerOf(layer, origin), of && writerOf(image.layers[of.layer]!, originAt(image, of))),
    };
  });
  return rows.sort((left, right) => right.bytes - left.bytes);
}

function lineText(image: ObservedImage, place: Place | undefined): string {
  if (place === undefined) return "";
  const origin = originAt(image, place);
  return `${place.layer} ${origin === undefined ? "" : originText(origin)}`;
}

function originAt({ layers }: ObservedImage, { layer, path }: Place): Origin | undefined {
  return layers[layer]!.originOf(path);
}

function wastePlace(image: ObservedImage, place: Place): WastePlace {
  const origin = originAt(image, place);
  return {
    layer: wasteLayer(image.layers[place.layer]!, place.layer),
    ...(origin === undefined ? {} : { origin }),
    path: `/${place.path}`,
  };
}

function wasteLayer({ diffId, description, inherited }: ObservedLayer, index: number): WasteLayer {
  return { index, diffId, ...(description === undefined ? {} : { description }), inherited };
}

/** Returns a function that tells which step wrote a line's files, by the operation of the image's plan. */
function writersOf({ plan }: ObservedImage): (layer: ObservedLayer, origin?: Origin) => Writer {
  const operations = new Map<Origin, Operation["op"]>();
  for (const { origin, op } of (plan?.stages ?? []).flatMap(operationsOf)) {
    if (origin !== undefined) operations.set(origin, op);
  }
  return ({ inherited }, origin) => ({ step: stepOf(origin, inherited, operations), inherited });
}

function stepOf(
  origin: Origin | undefined,
  inherited: boolean,
  operations: ReadonlyMap<Origin, Operation["op"]>,
): Writer["step"] {
  if (origin === undefined) return inherited ? "base" : "other";
  const op = operations.get(origin);
  if (op === undefined || op === "copy") return op ?? "other";
  return op === "run" || op === "hostRun" ? "command" : "write";
}
