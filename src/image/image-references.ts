import { deepFreeze } from "../core/freeze.js";
import type { BaseNode, ImageNode, RunMount, Source, Step } from "./nodes.js";

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

/** Gives the image that takes the place of another; the same one where there is none. */
type Replace = (image: ImageNode) => ImageNode;

/**
 * An image with others in place of those that it is made from: its base, and what its steps copy from or mount. The
 * very same image where nothing is replaced, so that what was one stage stays one.
 */
export function withReplaced(image: ImageNode, replace: Replace): ImageNode {
  const base = replacedBase(image.base, replace);
  const steps = mapSame(image.steps, (step) => replacedStep(step, replace));
  if (base === image.base && steps === image.steps) return image;
  return Object.freeze({ ...image, base, steps: Object.freeze(steps) });
}

function replacedBase(base: BaseNode, replace: Replace): BaseNode {
  if (base.kind !== "image") return base;
  const image = replace(base.image);
  return image === base.image ? base : Object.freeze({ ...base, image });
}

function replacedStep(step: Step, replace: Replace): Step {
  const inSteps = (steps: readonly Step[]) => mapSame(steps, (one) => replacedStep(one, replace));
  switch (step.kind) {
    case "copy":
      return changed(step, { sources: mapSame(step.sources, (source) => replacedSource(source, replace)) });
    case "binary":
      return changed(step, { source: replacedSource(step.source, replace) });
    case "run":
      if (step.mounts === undefined) return step;
      return changed(step, { mounts: mapSame(step.mounts, (mount) => replacedMount(mount, replace)) });
    case "layer":
      return changed(step, { steps: inSteps(step.steps) });
    case "platform": {
      const variants = mapSame(step.variants, (one) => changed(one, { steps: inSteps(one.steps) }));
      const { otherwise } = step;
      return changed(step, { variants, ...(otherwise && { otherwise: inSteps(otherwise) }) });
    }
    default:
      return step;
  }
}

function replacedMount(mount: RunMount, replace: Replace): RunMount {
  return mount.type === "bind" ? changed(mount, { source: replacedSource(mount.source, replace) }) : mount;
}

function replacedSource(source: Source, replace: Replace): Source {
  return source.from === "image" ? changed(source, { image: replace(source.image) }) : source;
}

/** The same object where nothing of it is another. */
function changed<T extends object>(value: T, fields: Partial<T>): T {
  const same = (Object.keys(fields) as (keyof T)[]).every((key) => value[key] === fields[key]);
  return same ? value : deepFreeze({ ...value, ...fields });
}

function mapSame<T>(values: readonly T[], change: (value: T) => T): readonly T[] {
  const mapped = values.map(change);
  return mapped.every((value, index) => value === values[index]) ? values : mapped;
}
