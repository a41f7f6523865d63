import { planImage } from "../../api/plan-image.js";
import { sharingLimitOf } from "../../api/sharing-limit.js";
import type { Catalog } from "../../catalog/catalog.js";
import type { BaseNode } from "../../image/base-node.js";
import type { Image } from "../../image/image.js";
import type { ImageNode } from "../../image/image-node.js";
import { selectNames } from "../select/select-names.js";
import type { LoadedCatalog, LoadRequest } from "./loaded-catalog.js";
import { packVariant } from "./plan-variant.js";

/** Lowers the images that were asked for, here, where the lines of the user's files are known. */
export function lowerCatalog(catalog: Catalog, request: LoadRequest): LoadedCatalog {
  const named = new Map<ImageNode, string>([...catalog].map(([name, image]) => [image.node, name]));
  const platforms = request.platforms ?? catalog.platforms;
  const chosen = selectNames(catalog, request.names);
  const images = chosen.map((name) => {
    const { node } = catalog.images[name] as Image;
    return {
      name,
      base: baseText(node.base, named),
      steps: node.steps.length,
      squash: node.squash,
      dependencies: catalog.dependencies(name),
      plans: platforms.map((platform) => {
        const options = { platform, context: request.context };
        const optimized = planImage(node, options);
        const variants = request.variants?.map((squash) =>
          packVariant(squash, planImage({ ...node, squash }, options).plan, optimized.plan),
        );
        return { platform: optimized.plan.platform, optimized, ...(variants && { variants }) };
      }),
    };
  });
  const limit =
    request.limit === true ? sharingLimitOf(catalog, chosen, platforms, request.context) : undefined;
  const { name, names, groups, maxLayers } = catalog;
  return { name, names, groups, maxLayers, images, ...(limit && { limit }) };
}

function baseText(base: BaseNode, named: ReadonlyMap<ImageNode, string>): string {
  switch (base.kind) {
    case "scratch":
      return "scratch";
    case "registry":
      return base.reference;
    case "image":
      return named.get(base.image) ?? baseText(base.image.base, named);
    default:
      return base.path;
  }
}
