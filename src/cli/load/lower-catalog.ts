import type { Catalog } from "../../catalog/catalog.js";
import { catalogName } from "../../catalog/named-nodes.js";
import type { Image } from "../../image/image.js";
import type { BaseNode, ImageNode } from "../../image/nodes.js";
import { suppressedFor } from "../../policy/policy.js";
import { lowerImage } from "../../project/prepare.js";
import { sharingLimitOf } from "../../project/sharing-limit.js";
import { selectNames } from "../select/select-names.js";
import type { LoadRequest, LoweredCatalog } from "./loaded-catalog.js";
import { packVariant } from "./plan-variant.js";

/** Lowers all images of a catalog, here, where the lines of the user's files are known. */
export function lowerCatalog(catalog: Catalog, request: LoadRequest): LoweredCatalog {
  const named = new Map<ImageNode, string>([...catalog].map(([name, image]) => [image.node, name]));
  const platforms = request.platforms ?? catalog.platforms;
  const chosen = selectNames(catalog, request.names);
  const images = catalog.names.map((name) => {
    const { node } = catalog.images[name] as Image;
    return {
      name,
      base: baseText(node.base, named),
      steps: node.steps.length,
      squash: node.squash,
      dependencies: catalog.dependencies(name),
      plans: platforms.map((platform) => {
        const suppressed = suppressedFor(catalog.suppressions, name);
        const options = { platform, context: request.context, nameOf: catalogName(catalog), suppressed };
        const lowered = lowerImage(node, options);
        const variants = request.variants?.map((squash) =>
          packVariant(squash, lowerImage({ ...node, squash }, options), lowered),
        );
        return { platform: lowered.platform, lowered, ...(variants && { variants }) };
      }),
    };
  });
  const limit =
    request.limit === true ? sharingLimitOf(catalog, chosen, platforms, request.context) : undefined;
  const { name, names, groups, maxLayers } = catalog;
  return { name, names, groups, maxLayers, images, chosen, ...(limit && { limit }) };
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
