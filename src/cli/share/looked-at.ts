import { type SharedImage, sharedImage } from "../../analyze/sharing/share-images.js";
import { pricedPolicies, type SquashPrices } from "../../analyze/sharing/squash-prices.js";
import { observedPlan } from "../../project/observe.js";
import type { PlannedVariants } from "../../project/price-squash.js";
import { type BuildFlags, checkBuildOptions } from "../build-flags.js";
import type { LoadedImage } from "../load/loaded-catalog.js";
import { unpackVariant } from "../load/plan-variant.js";
import { readOperand, withOperands } from "../observed-operands.js";
import { openCatalog } from "../open-catalog.js";
import { withProgress } from "../progress.js";
import { selectNames } from "../select/select-names.js";
import type { Session } from "../session.js";
import { UsageError } from "../usage-error.js";

/** The options of `layerwright share`. */
export interface ShareFlags extends BuildFlags {
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
export async function lookedAt(
  session: Session,
  operands: readonly string[],
  flags: ShareFlags,
): Promise<LookedAt> {
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
