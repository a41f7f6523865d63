import { resolve } from "node:path";
import type { Catalog } from "../../catalog/catalog.js";
import type { Origin } from "../../errors/origin.js";
import type { Image } from "../../image/image.js";
import type { Platform } from "../../oci/platform.js";
import type { Plan } from "../../plan/plan.js";
import { lowerImage, placeIn } from "../prepare/prepare.js";

/** What the `maxUnshared` of a catalog is checked with, as data: the images chosen for a build, and all others. */
export interface SharingLimit {
  readonly maxUnshared: number;
  /** Every image of the catalog. */
  readonly images: readonly LimitedImage[];
}

/** One image of a catalog that has a limit. */
interface LimitedImage {
  readonly name: string;
  /** As they were lowered, one a platform, in the same order in all images. */
  readonly plans: readonly Plan[];
  /** Set for an image that is to be checked: one squashed with `"all"`, chosen for the build. */
  readonly checked?: {
    /** The line of its policy, relative to the context. */
    readonly origin?: Origin;
    /** The same image under `"keep"`, one a platform. */
    readonly keep: readonly Plan[];
  };
}

/**
 * What has to be checked before images are built: undefined when the catalog has no limit, or no chosen image is
 * squashed with `"all"`.
 */
export function sharingLimitOf(
  { maxUnshared, images: all }: Pick<Catalog, "maxUnshared" | "images">,
  chosen: readonly string[],
  platforms: readonly (string | Platform)[],
  context: string | undefined,
): SharingLimit | undefined {
  const squashed = new Set(chosen.filter((name) => all[name]?.node.squash === "all"));
  if (maxUnshared === undefined || squashed.size === 0) return undefined;
  const folder = resolve(context ?? ".");
  const plansOf = (node: Image["node"]) =>
    platforms.map((platform) => lowerImage(node, { platform, context: folder }));
  const images = Object.entries(all).map(([name, { node }]): LimitedImage => {
    const plans = plansOf(node);
    if (!squashed.has(name)) return { name, plans };
    const { squashedAt } = node;
    const keep = plansOf({ ...node, squash: "keep" });
    return {
      name,
      plans,
      checked: { keep, ...(squashedAt === undefined ? {} : { origin: placeIn(folder)(squashedAt) }) },
    };
  });
  return { maxUnshared, images };
}
