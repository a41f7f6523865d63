import type { Command } from "commander";
import {
  type PullBytes,
  type SharedImage,
  type Sharing,
  type SharingNode,
  sharedImage,
} from "../../analyze/sharing/share-images.js";
import { pricedPolicies, type SquashPrices } from "../../analyze/sharing/squash-prices.js";
import { shownLine } from "../../core/shown-text.js";
import { sizeText } from "../../core/size.js";
import { observedPlan } from "../../project/observe-project.js";
import type { PlannedVariants } from "../../project/price-squash.js";
import { type BuildFlags, checkBuildOptions } from "../build-flags.js";
import { type LoadedImage, unpackVariant } from "../load/loaded-catalog.js";
import { addObserveFlags, readOperand, withOperands } from "../observed-operands.js";
import { openCatalog } from "../open-catalog.js";
import { UsageError } from "../option-value.js";
import { withProgress } from "../progress.js";
import { selectNames } from "../select-names.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { columns, counted, namesText } from "../text.js";

/** `layerwright share`: what images have in common, and what a squash policy would change about it. */
export function define(command: Command, shell: Shell): void {
  command
    .argument(
      "[images...]",
      "names or patterns of the catalog, archives, layouts or references (default: the catalog)",
    )
    .option("--having <image>", "also show what a machine that has this image would pull")
    .option("--price", "also show what each squash policy would cost for each image");
  addObserveFlags(command);
  examples(command, [
    "layerwright share",
    "layerwright share 'api-*' --json",
    "layerwright share --having nginx                # first pull against incremental pull",
    "layerwright share --price                       # keep, own and all, for each image",
    "layerwright share app.tar ghcr.io/acme/app:v1   # images that somebody built",
  ]);
  act(command, shell, share);
}

async function share(session: Session, operands: readonly string[], flags: ShareFlags): Promise<Report> {
  const { catalog, images, held, prices } = await lookedAt(session, operands, flags);
  const { shareImages } = await import("../../analyze/sharing/share-images.js");
  const { pullBytes } = await import("../../analyze/sharing/share-images.js");
  const sharing = shareImages(images);
  const pulls = held && { having: held.name, pulls: pullBytes(images, held) };
  return {
    json: { ...(catalog === undefined ? {} : { catalog }), ...sharing, ...pulls, ...(prices && { prices }) },
    quiet: images.map(({ name }) => `${name}\n`).join(""),
    text: (paint) =>
      `${sharingText(sharing, pulls, paint)}${prices === undefined ? "" : `\n${pricesText(prices, paint)}`}`,
  };
}

/** The options of `layerwright share`. */
interface ShareFlags extends BuildFlags {
  readonly having?: string;
  readonly price?: boolean;
}

/** What `layerwright share` looks at. */
interface LookedAt {
  /** Name of the catalog; undefined where no operand was of it. */
  readonly catalog: string | undefined;
  readonly images: readonly SharedImage[];
  /** What a machine already holds. */
  readonly held: SharedImage | undefined;
  readonly prices: readonly SquashPrices[] | undefined;
}

/** Gets the images, built where they are of the catalog; with their prices, built under each policy. */
async function lookedAt(session: Session, operands: readonly string[], flags: ShareFlags): Promise<LookedAt> {
  return flags.price === true ? priced(session, operands, flags) : found(session, operands, flags);
}

async function found(session: Session, operands: readonly string[], flags: ShareFlags): Promise<LookedAt> {
  const { having } = flags;
  // Without operands the whole catalog, also beside an image that is none of it.
  const asked = having !== undefined && operands.length === 0 ? ["**"] : operands;
  const all = having === undefined ? asked : [...asked, having];
  return withOperands(session, all, flags, async ({ images, imagesOf, catalog }) => {
    const chosen = asked.length === 0 ? images : [...new Set(asked.flatMap(imagesOf))];
    return {
      catalog: catalog?.name,
      images: chosen.map(sharedImage),
      held: having === undefined ? undefined : onlyOne(imagesOf(having).map(sharedImage)),
      prices: undefined,
    };
  });
}

async function priced(session: Session, names: readonly string[], flags: ShareFlags): Promise<LookedAt> {
  const { having } = flags;
  for (const operand of [...names, ...(having === undefined ? [] : [having])]) {
    if (readOperand(operand).kind !== "catalog")
      refuse(`--price is for images of the catalog, not ${operand}`);
  }
  const { common, platforms } = await checkBuildOptions(flags, false);
  // Prices are over the whole catalog, whichever of its images they are for.
  const catalog = await openCatalog(session, [], platforms, { variants: pricedPolicies });
  const chosen = new Set(selectNames(catalog, names));
  const held = having === undefined ? undefined : selectNames(catalog, [having]);
  const { priceProject } = await import("../../project/price-squash.js");
  const lowered = catalog.images.map((image) => loweredOf(image, chosen.has(image.name)));
  const { prices, images } = await withProgress(session, (progress) => {
    const { signal } = session;
    return priceProject(catalog, lowered, { ...common, signal, ...(progress && { progress }) });
  });
  return {
    catalog: catalog.name,
    images: images.filter(({ name }) => chosen.has(name)),
    held: held && onlyOne(images.filter(({ name }) => held.includes(name))),
    prices,
  };
}

/** The lowered plans of an image for this machine's platform, or the first. */
function loweredOf({ name, squash, plans }: LoadedImage, isPriced: boolean): PlannedVariants {
  const { lowered: plan, variants = [] } = observedPlan(plans);
  const priced = variants.map((one) => ({ squash: one.squash, plan: unpackVariant(one, plan) }));
  return { name, squash, plan, variants: isPriced ? priced : [] };
}

function onlyOne(images: readonly SharedImage[]): SharedImage {
  if (images.length === 1) return images[0]!;
  throw new UsageError("IMAGE_AMBIGUOUS", { option: "--having", names: images.map(({ name }) => name) });
}

function refuse(reason: string): never {
  throw new UsageError("COMMAND_LINE_INVALID", {
    reason,
    suggestion: undefined,
    command: "layerwright share",
  });
}

/** The table of what each policy would cost; a star marks the policy that an image has. */
function pricesText(all: readonly SquashPrices[], paint: Paint): string {
  const heads = ["NAME", "SQUASH", "LAYERS", "VIRTUAL", "SAVED", "UNSHARED", "NET", "NO LONGER SHARED WITH"];
  const rows = all.flatMap(({ name, squash, prices }) => {
    const least = Math.min(...prices.map(({ netBytes }) => netBytes));
    return prices.map((price, at) => [
      { text: at === 0 ? name : "", paint: paint.bold },
      `${price.squash}${price.squash === squash ? " *" : ""}`,
      `${price.layers}`,
      sizeText(price.virtualBytes),
      changeText(price.savedBytes, ""),
      sizeText(price.unsharedBytes),
      { text: changeText(price.netBytes, "+"), paint: price.netBytes === least ? paint.green : paint.cyan },
      namesText(
        price.unsharedWith.map((it) => it.name),
        price.unsharedCount,
      ),
    ]);
  });
  return columns([heads.map((text) => ({ text, paint: paint.dim })), ...rows], [2, 3, 4, 5, 6]);
}

function changeText(bytes: number, plus: string): string {
  return bytes < 0 ? `-${sizeText(-bytes)}` : `${bytes === 0 ? "" : plus}${sizeText(bytes)}`;
}

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
