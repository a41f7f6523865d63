import type { ImageNode } from "./image-node.js";
import type { Source } from "./source.js";
import type { Step } from "./steps/step.js";

/** The images that an image is made from directly: its base, and those that its steps copy from or mount. */
export function referencedImages(image: ImageNode): ReadonlySet<ImageNode> {
  const found = new Set<ImageNode>();
  if (image.base.kind === "image") found.add(image.base.image);
  for (const source of image.steps.flatMap(sourcesOf)) {
    if (source.from === "image") found.add(source.image);
  }
  return found;
}

function sourcesOf(step: Step): readonly Source[] {
  switch (step.kind) {
    case "copy":
      return step.sources;
    case "binary":
      return [step.source];
    case "run":
      return (step.mounts ?? []).flatMap((mount) => (mount.type === "bind" ? [mount.source] : []));
    case "layer":
      return step.steps.flatMap(sourcesOf);
    case "platform":
      return [...step.variants.flatMap(({ steps }) => steps), ...(step.otherwise ?? [])].flatMap(sourcesOf);
    default:
      return [];
  }
}
