import type { ConfigDifference } from "../analyze/difference/config-difference.js";
import type { FileAspect, FileDifference, FileState } from "../analyze/difference/file-differences.js";
import { type FoldedFiles, foldFiles } from "../analyze/difference/fold-files.js";
import type { ImageDifference } from "../analyze/difference/image-difference.js";
import type { PackageDifference } from "../analyze/difference/package-differences.js";
import { shownLine } from "../core/shown-text.js";
import { sizeText } from "../core/size.js";
import { type Origin, originText } from "../errors/origin.js";
import type { Paint } from "./terminal.js";
import { type Cell, columns, counted, shortDigest } from "./text.js";

/** What became of one image: of one that was never built there is nothing to compare. */
export interface CatalogDifference {
  readonly name: string;
  readonly platform: string;
  readonly status: "new" | "same" | "changed";
  readonly difference?: ImageDifference;
}

/** Differences for people. `all` lists every file and package. */
export function differencesText(images: readonly CatalogDifference[], paint: Paint, all: boolean): string {
  return images.map((it) => imageText(it, paint, all)).join("");
}

function imageText(
  { name, platform, status, difference }: CatalogDifference,
  paint: Paint,
  all: boolean,
): string {
  const title = `${paint.bold(shownLine(name))} ${paint.dim(platform)}`;
  if (status === "new") return `${title} ${paint.green("new")}: never built with this store\n`;
  if (difference === undefined) return "";
  const { before, after, same, gap } = difference;
  const from = before.name === name ? "" : ` ${paint.dim(`against ${shownLine(before.name)}`)}`;
  const unread = gap === undefined ? "" : `  ${paint.yellow("warning")} ${gap.message} (${gap.code})\n`;
  if (same) return `${title}${from} ${sameText(difference)}\n${unread}`;
  const digests = [before.digest, after.digest].map((it) => (it === undefined ? "" : shortDigest(it)));
  const ids = digests.includes("") || digests[0] === digests[1] ? "" : ` ${paint.dim(digests.join(" -> "))}`;
  const parts = [
    section("size", sizesText(difference)),
    section("config", columns(configRows(difference.config, paint))),
    section("layers", layersText(difference, paint)),
    section("packages", packageSection(difference.packages ?? [], paint, all)),
    section("files", fileSection(difference.files ?? [], paint, all)),
  ];
  return `${title}${from}${ids}\n${parts.join("")}${unread}`;
}

/** Nothing that is compared differs; other digests are not kept quiet. */
function sameText({ before, after, gap }: ImageDifference): string {
  const other = before.digest !== undefined && after.digest !== undefined && before.digest !== after.digest;
  const what = gap === undefined ? "no differences" : "no differences in config and layers";
  return other ? `${what} (the digests differ, by times or annotations alone)` : what;
}

/** A title, and its lines beside and below it. */
function section(title: string, text: string): string {
  if (text === "") return "";
  const lines = text.trimEnd().split("\n");
  return lines.map((line, at) => `  ${(at === 0 ? title : "").padEnd(9)}${line}\n`).join("");
}

function sizesText({ before, after, pullBytes }: ImageDifference): string {
  const unpacked =
    before.uncompressedSize === undefined || after.uncompressedSize === undefined
      ? ""
      : `, unpacked ${change(before.uncompressedSize, after.uncompressedSize)}`;
  return `${change(before.size, after.size)}${unpacked}; ${sizeText(pullBytes)} to pull\n`;
}

function layersText({ layers }: ImageDifference, paint: Paint): string {
  const differ = layers.filter((it) => it.change !== "kept" || it.before?.size !== it.after?.size);
  if (differ.length === 0) return "";
  const counts = (["kept", "changed", "new", "gone"] as const).flatMap((kind) => {
    const count = layers.filter((it) => it.change === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  const rows = differ.map((it) => [
    mark(it.change, paint),
    it.before && it.after ? change(it.before.size, it.after.size) : sizeText((it.before ?? it.after)!.size),
    it.change === "kept" ? "compressed in another way" : shownLine(it.description ?? ""),
    place(it.origin, paint),
  ]);
  return `${counts.join(", ")}\n${columns(rows)}`;
}

/** A number of bytes with its sign: `+12 kB`, `-4 MB`. */
function signedSize(bytes: number): string {
  return `${bytes < 0 ? "-" : "+"}${sizeText(Math.abs(bytes))}`;
}

/** A size before and after, and what is between them where that is anything. */
export function change(before: number, after: number): string {
  if (before === after) return sizeText(before);
  const [old, now] = [sizeText(before), sizeText(after)];
  return `${old === now ? now : `${old} -> ${now}`} (${signedSize(after - before)})`;
}

/** The sign of a row: what came, went or changed. */
export function mark(
  what: "added" | "new" | "removed" | "gone" | "changed" | "kept",
  { green, red, yellow, dim }: Paint,
): Cell {
  switch (what) {
    case "added":
    case "new":
      return { text: "+", paint: green };
    case "removed":
    case "gone":
      return { text: "-", paint: red };
    case "changed":
      return { text: "~", paint: yellow };
    case "kept":
      return { text: "=", paint: dim };
  }
}

/** The user's line as the last cell of a row. */
export function place(origin: Origin | undefined, paint: Paint): Cell {
  return { text: origin === undefined ? "" : originText(origin), paint: paint.cyan };
}

/** Values are cut here: the whole of them is in the JSON. */
const LONGEST = 60;

/** Variables and labels that are named like this may hold what should be in no log. */
const SECRET = /pass(wd|word|phrase)?|secret|token|credential|api_?key|private_?key|auth/i;

/** The rows of what differs in a config. Lines of the history are counted: layers and fields say what they are about. */
function configRows(config: readonly ConfigDifference[], paint: Paint): readonly (readonly Cell[])[] {
  return config.map((it) => {
    const { field, key, before, after, origin } = it;
    const what = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    const name = key === undefined ? field : `${field} ${shownLine(key)}`;
    return [mark(what, paint), name, valuesText(it), place(origin, paint)];
  });
}

function valuesText({ field, key, before, after }: ConfigDifference): string {
  if (field === "history") {
    const [gone, added] = [before, after].map((lines) => (lines as readonly string[]).length) as [
      number,
      number,
    ];
    return `${counted(gone, "line")} gone, ${added} new`;
  }
  if (key !== undefined && SECRET.test(key)) return "(hidden: its name is that of a secret)";
  // Ports and volumes are their names.
  if (field === "ExposedPorts" || field === "Volumes") return "";
  const values = [before, after].flatMap((value) => (value === undefined ? [] : [valueText(value)]));
  return values.join(" -> ");
}

function valueText(value: unknown): string {
  const text = shownLine(typeof value === "string" && value !== "" ? value : JSON.stringify(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

/** Rows that are shown unless all are asked for. */
const SHOWN = 12;

/** What differs in the root file system: the directories and files in which most moved, or all. */
function fileSection(files: readonly FileDifference[], paint: Paint, all: boolean): string {
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

/** Rows that are shown unless all are asked for. */
const SHOWN_PACKAGES = 12;

/** The packages that differ: one row for what is installed in several places and went the same way. */
function packageSection(packages: readonly PackageDifference[], paint: Paint, all: boolean): string {
  if (packages.length === 0) return "";
  const groups = new Map<string, PackageDifference[]>();
  for (const it of packages) {
    const key = JSON.stringify([it.kind, it.name, it.before, it.after]);
    const group = groups.get(key) ?? [];
    group.push(it);
    groups.set(key, group);
  }
  const rows = [...groups.values()].map((group) => {
    const { kind, name, before, after, origin } = group[0]!;
    const what = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    const versions = [before, after].flatMap((version) =>
      version === undefined ? [] : [shownLine(version)],
    );
    const places = group.length === 1 ? "" : ` (${group.length} places)`;
    return [
      mark(what, paint),
      shownLine(name),
      `${versions.join(" -> ")}${places}`,
      { text: kind, paint: paint.dim },
      place(origin, paint),
    ];
  });
  const shown = all ? rows : rows.slice(0, SHOWN_PACKAGES);
  const rest = rows.length - shown.length;
  const counts = (["added", "removed", "changed"] as const).flatMap((kind) => {
    const count = packages.filter((it) => kindOf(it) === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return `${counts.join(", ")}\n${columns(shown)}${rest === 0 ? "" : paint.dim(`and ${rest} more (--files lists all)\n`)}`;
}

function kindOf({ before, after }: PackageDifference): "added" | "removed" | "changed" {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}
