import type { PullBytes, Sharing, SharingNode } from "../../analyze/sharing/share-images.js";
import { shownLine } from "../../core/shown-text.js";
import { sizeText } from "../../core/size.js";
import { columns } from "../columns.js";
import { counted } from "../counted.js";
import type { Paint } from "../paint.js";
import { namesText } from "./names-text.js";

/** Branches of one node that are drawn: a catalog may have thousands on one base. */
const MOST_BRANCHES = 30;

/** The table of what images share, and the tree of their layers. */
export function sharingText(
  sharing: Sharing,
  pulled: { readonly having: string; readonly pulls: readonly PullBytes[] } | undefined,
  paint: Paint,
): string {
  const { images, virtualBytes, effectiveBytes, compressedBytes, effectiveCompressedBytes, tree } = sharing;
  const pullHeads = pulled === undefined ? [] : ["FIRST PULL", `HAVING ${shownLine(pulled.having)}`];
  const heads = ["NAME", "LAYERS", "VIRTUAL", "UNIQUE", "SHARED", "COMPRESSED", ...pullHeads, "SHARED WITH"];
  const rows = images.map((image, at) => {
    const pull = pulled?.pulls[at];
    const bytes = [image.virtualBytes, image.uniqueBytes, image.sharedBytes, image.compressedBytes];
    const pulls = pull === undefined ? [] : [pull.firstPullBytes, pull.incrementalPullBytes];
    return [
      { text: shownLine(image.name), paint: paint.bold },
      `${image.layers}`,
      ...[...bytes, ...pulls].map(sizeText),
      namesText(
        image.sharedWith.map(({ name }) => name),
        image.sharesWith,
      ),
    ];
  });
  const table = columns(
    [heads.map((text) => ({ text, paint: paint.dim })), ...rows],
    heads.flatMap((_, at) => (at === 0 || at === heads.length - 1 ? [] : [at])),
  );
  const total = `${counted(images.length, "image")}: ${sizeText(virtualBytes)} counted apart, ${paint.bold(sizeText(effectiveBytes))} together (compressed ${sizeText(compressedBytes)}, ${paint.bold(sizeText(effectiveCompressedBytes))})`;
  return `${table}${total}\n\n${tree.map((node) => branchText(node, "", "", paint)).join("")}`;
}

/** One node and all above it: what stands on one node alone is on its line, `fedora 249 MB <- nginx 21 MB`. */
function branchText(node: SharingNode, indent: string, mark: string, paint: Paint): string {
  let end = node;
  const chain = [nodeText(end, paint)];
  while (end.children.length === 1) {
    end = end.children[0]!;
    chain.push(nodeText(end, paint));
  }
  const line = `${indent}${mark}${chain.join(paint.dim(" <- "))}\n`;
  const deeper = `${indent}   `;
  const drawn = end.children.slice(0, MOST_BRANCHES);
  const branches = drawn.map((child) => branchText(child, deeper, paint.dim("<- "), paint));
  const more = end.children.slice(MOST_BRANCHES).reduce((sum, { count }) => sum + count, 0);
  const rest = more === 0 ? "" : `${deeper}${paint.dim(`<- and ${counted(more, "image")} more`)}\n`;
  return `${line}${branches.join("")}${rest}`;
}

function nodeText({ images, base, bytes, layers }: SharingNode, paint: Paint): string {
  const names = namesText(images, images.length);
  const shownBase = base === undefined ? "" : shownLine(base);
  const name =
    names === ""
      ? shownBase || `(${counted(layers, "layer")} in common)`
      : `${paint.bold(names)}${shownBase === "" ? "" : ` (${shownBase})`}`;
  return `${name} ${sizeText(bytes)}`;
}
