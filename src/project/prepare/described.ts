import { resolve } from "node:path";
import { describeImage, onLocalBase } from "../../engine/described/describe-image.js";
import { type DescribedImage, reading } from "../../engine/described/described-image.js";
import type { ImageNode } from "../../image/nodes.js";
import { baseStages, operationsOf, type Plan } from "../../plan/plan.js";
import { contextFiles } from "../workspace.js";
import { localBases, openLocal } from "./local-bases.js";
import { lowerImage, type PlanOptions, platformOf, preparePlans } from "./prepare.js";

/** An image by its description, with the plans that it was told from. */
export interface Described {
  readonly image: DescribedImage;
  /** What is built. */
  readonly plan: Plan;
  /** As the user wrote it, before the passes. */
  readonly lowered: Plan;
}

/** An image by its description, with no build and no daemon: bases on disk are looked into. */
export async function described(
  node: ImageNode,
  options: Pick<PlanOptions, "context" | "platform">,
): Promise<Described> {
  const context = resolve(options.context ?? ".");
  const lowered = lowerImage(node, options);
  const prepared = await preparePlans([lowered], { ...options, askOnce: true });
  const { plan } = prepared[0]!;
  const files = contextFiles(context, plan.contexts);
  const bases = await localBases(plan, context);
  const image = await reading(() => describeImage(plan, { files, bases }));
  // A pass may have taken a removal back, together with what it removes.
  const removals = baseStages(lowered)
    .flatMap(operationsOf)
    .filter((operation) => operation.op === "remove");
  return {
    image: { ...image, removals },
    plan,
    lowered,
  };
}

/** An archive or layout on disk, in the same form. */
export async function describedArchive(
  path: string,
  options: { tag?: string; platform?: string },
): Promise<DescribedImage> {
  const platform = platformOf(options.platform);
  const { tag } = options;
  const location = { kind: "found", path: resolve(path), ...(tag === undefined ? {} : { tag }) } as const;
  return onLocalBase(platform, await openLocal(location, platform));
}
