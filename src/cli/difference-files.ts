import type { FileAspect, FileDifference, FileState } from "../analyze/difference/file-differences.js";
import { type FoldedFiles, foldFiles } from "../analyze/difference/fold-files.js";
import { shownLine } from "../core/shown-text.js";
import { sizeText } from "../core/size.js";
import { type Cell, columns } from "./columns.js";
import { change, mark, place, signedSize } from "./difference-words.js";
import type { Paint } from "./paint.js";

/** Rows that are shown unless all are asked for. */
const SHOWN = 12;

/** What differs in the root file system: the folders and files in which most moved, or all. */
export function fileSection(files: readonly FileDifference[], paint: Paint, all: boolean): string {
  if (files.length === 0) return "";
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const counts = (["added", "removed", "changed"] as const).flatMap((kind) => {
    const count = files.filter((file) => file.change === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  const rows = all
    ? files.map((file) => fileRow(file, paint))
    : foldFiles(files, SHOWN).map((row) => foldedRow(row, paint));
  return `${counts.join(", ")}${bytes === 0 ? "" : `, ${signedSize(bytes)}`}\n${columns(rows)}`;
}

function fileRow(
  { path, change: what, aspects, before, after, bytes, origin }: FileDifference,
  paint: Paint,
) {
  const about =
    before !== undefined && after !== undefined
      ? aspects.map((aspect) => aspectText(aspect, before, after)).join(", ")
      : stateText((before ?? after)!, bytes);
  return [mark(what, paint), shownLine(path), about, place(origin, paint)];
}

function foldedRow(row: FoldedFiles, paint: Paint): readonly Cell[] {
  const { path, added, removed, changed, bytes, file, origin } = row;
  if (file !== undefined && added + removed + changed === 1) return fileRow(file, paint);
  const kinds = [
    ["added", added],
    ["removed", removed],
    ["changed", changed],
  ] as const;
  const present = kinds.filter(([, count]) => count > 0);
  const what = present.length === 1 ? present[0]![0] : "changed";
  const counts = present.map(([kind, count]) => `${count} ${kind}`).join(", ");
  const size = bytes === 0 ? "" : `, ${signedSize(bytes)}`;
  const name = path === "/" ? path : `${shownLine(path)}/`;
  return [mark(what, paint), name, counts + size, place(origin, paint)];
}

function stateText({ type, target, size }: FileState, bytes: number): string {
  if (type === "symlink") return `-> ${shownLine(target ?? "")}`;
  if (type !== "file") return type;
  return bytes === 0 && size > 0 ? `${sizeText(size)} (another name of a file)` : signedSize(bytes);
}

function aspectText(aspect: FileAspect, before: FileState, after: FileState): string {
  const mode = (state: FileState) => state.mode.toString(8).padStart(4, "0");
  switch (aspect) {
    case "type":
      return `${before.type} -> ${after.type}`;
    case "content":
      return `content ${change(before.size, after.size)}`;
    case "mode":
      return `mode ${mode(before)} -> ${mode(after)}`;
    case "owner":
      return `owner ${before.uid}:${before.gid} -> ${after.uid}:${after.gid}`;
    case "target":
      return `target ${shownLine(before.target ?? "")} -> ${shownLine(after.target ?? "")}`;
    case "device":
      return `device ${before.device} -> ${after.device}`;
    case "xattrs":
      return "extended attributes";
    case "links":
      return "hard links";
    case "time":
      return "time";
  }
}
