import type { ImageDifference } from "../analyze/difference/image-difference.js";
import { shownLine } from "../core/shown-text.js";
import { sizeText } from "../core/size.js";
import { columns } from "./columns.js";
import { configRows } from "./difference-config.js";
import { fileSection } from "./difference-files.js";
import { packageSection } from "./difference-packages.js";
import { change, mark, place } from "./difference-words.js";
import { shortDigest } from "./layer-tree.js";
import type { Paint } from "./paint.js";

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
