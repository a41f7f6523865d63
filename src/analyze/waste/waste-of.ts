import type { ObservedImage } from "../observed-image.js";
import { backups } from "./backups.js";
import { bytecode } from "./bytecode.js";
import { copiedUpFiles } from "./copied-up.js";
import { crashDumps } from "./crash-dumps.js";
import { documentation } from "./documentation.js";
import { duplicateFiles } from "./duplicates.js";
import { followContents } from "./follow-contents.js";
import { localesBut } from "./locales.js";
import { logs } from "./logs.js";
import { nodeModules } from "./node-modules.js";
import { overwrittenFiles } from "./overwritten.js";
import { packageCaches } from "./package-caches.js";
import { type PathKind, wastedByPath } from "./path-kind.js";
import { privilegedFiles } from "./privileged.js";
import { removedFiles } from "./removed.js";
import { sourceMaps } from "./source-maps.js";
import { isSpare, type StoredContent } from "./stored-content.js";
import { temporaryFiles } from "./temporary-files.js";
import { versionControl } from "./version-control.js";
import type { OwnWaste, WasteReport } from "./waste-report.js";
import { wasteRows } from "./waste-rows.js";
import type { Wasted } from "./wasted.js";

/**
 * What an image holds and nobody needs. A file is in one row only: that of the first kind that explains all its bytes.
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
  const kinds = pathKinds(localesBut(config.config ?? {}));
  const byPath: Wasted[] = [];
  const rest = contents.filter((content) => {
    if (isSpare(content)) return false;
    for (const kind of kinds) {
      const found = wastedByPath(content, kind);
      if (found === undefined) continue;
      byPath.push(found);
      return false;
    }
    return true;
  });
  return [
    ...overwrittenFiles(contents),
    ...removedFiles(contents),
    ...copiedUpFiles(contents),
    ...byPath,
    ...duplicateFiles(rest),
    ...privilegedFiles(contents),
  ];
}

/** The kinds that are told by a name; of those that fit, the first counts. */
function pathKinds(locales: PathKind): readonly PathKind[] {
  return [
    versionControl,
    packageCaches,
    crashDumps,
    temporaryFiles,
    logs,
    sourceMaps,
    nodeModules,
    documentation,
    locales,
    bytecode,
    backups,
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
