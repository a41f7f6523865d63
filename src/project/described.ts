import { resolve } from "node:path";
import { describeImage, onLocalBase } from "../engine/described/describe-image.js";
import type { DescribedImage } from "../engine/described/described-image.js";
import type { ImageNode } from "../image/nodes.js";
import { baseStages, operationsOf, type Plan } from "../plan/plan.js";
import { localBases, openLocal } from "./local-bases.js";
import { lowerImage, type PlanOptions, platformOf, preparePlansSync } from "./prepare.js";
import { contextFiles } from "./workspace.js";

/** An image by its description, with the plans that it was told from. */
export interface Described {
  readonly image: DescribedImage;
  /** What is built. */
  readonly plan: Plan;
  /** As the user wrote it, before the passes. */
  readonly lowered: Plan;
}

/** What an image is by its description: at once, with no build, no daemon and no network. */
export function described(node: ImageNode, options: Pick<PlanOptions, "context" | "platform">): Described {
  const context = resolve(options.context ?? ".");
  const lowered = lowerImage(node, options);
  const { plan } = preparePlansSync([lowered], options)[0]!;
  const files = contextFiles(context, plan.contexts);
  // A pass may have taken a removal back, together with what it removes.
  const removals = baseStages(lowered)
    .flatMap(operationsOf)
    .filter((operation) => operation.op === "remove");
  return {
    image: { ...describeImage(plan, { files, bases: localBases(context) }), removals },
    plan,
    lowered,
  };
}

/** What an archive or layout on disk is, in the same form. */
export function describedArchive(path: string, options: { tag?: string; platform?: string }): DescribedImage {
  const platform = platformOf(options.platform);
  const { tag } = options;
  const location = { kind: "found", path: resolve(path), ...(tag === undefined ? {} : { tag }) } as const;
  return onLocalBase(platform, openLocal(location, platform));
}
