import { withOriginSync } from "../../errors/with-origin.js";
import type { Platform } from "../../oci/platform.js";
import { canonicalReference } from "../../oci/reference.js";
import { scratchConfig, withSearchPath } from "../../plan/config.js";
import type { Plan, Stage } from "../../plan/plan.js";
import type { FileSource } from "../../ports/file-source.js";
import { emptyTree } from "../../rootfs/tree.js";
import { UnknownRegions } from "../../rootfs/unknown.js";
import { neededStages } from "../check-plan.js";
import { describeStage, withOneLayer } from "./describe-stage.js";
import type { DescribedImage, LocalBase, LocalBases } from "./described-image.js";
import { NamedIds } from "./described-image.js";

/** The sources that describing an image reads. */
interface DescribePorts {
  readonly files: FileSource;
  readonly bases: LocalBases;
  /** Refuses commands that need a shell where there is none; else nobody asks who runs them. @default - false */
  readonly runs?: boolean;
}

/**
 * An image by its plan, at once and without a build: its files are those that its steps place, no command is run,
 * nothing is fetched, and of bases only those on disk are looked into.
 */
export function describeImage(plan: Plan, ports: DescribePorts): DescribedImage {
  const stages = new Map<string, DescribedImage>();
  const names = new NamedIds();
  const { order } = neededStages(plan);
  for (const stage of order) {
    const base = withOriginSync(stage.origin, () => describeBase(stage, plan, stages, names, ports));
    const { platform } = plan;
    stages.set(
      stage.id,
      describeStage(stage, base, { platform, files: ports.files, stages, runs: ports.runs }),
    );
  }
  return withOneLayer(stages.get(order.at(-1)!.id)!);
}

function describeBase(
  { base }: Stage,
  plan: Plan,
  stages: ReadonlyMap<string, DescribedImage>,
  names: NamedIds,
  ports: DescribePorts,
): DescribedImage {
  if (base.kind === "stage") return stages.get(base.stage)!;
  if (base.kind === "scratch")
    return { ...nothing(plan.platform, names), config: scratchConfig, fromScratch: true };
  const local = ports.bases.open(base, plan.platform);
  if (local !== undefined) return onLocalBase(plan.platform, local, names);
  if (base.kind !== "registry") throw new TypeError(`the base ${base.path} was not opened`);
  const because = `the base ${base.reference} is in a registry and not looked into`;
  const unknown = { because, origin: undefined };
  const regions = new UnknownRegions();
  regions.add("", unknown);
  const id = `registry ${base.digest ?? canonicalReference(base.reference)}`;
  const layers = [{ id, bytes: undefined, unknown, several: true }];
  return { ...nothing(plan.platform, names), unknown: regions, configUnknown: unknown, layers };
}

/** An image on disk as a description that has no steps. */
export function onLocalBase(
  platform: Platform,
  { tree, config, layers, unknown }: LocalBase & { readonly unknown?: UnknownRegions },
  names = new NamedIds(),
): DescribedImage {
  const described = layers.map(({ diffId, size }) => ({ id: `layer ${diffId}`, bytes: size }));
  return {
    ...nothing(platform, names),
    ...(unknown && { unknown }),
    tree,
    baseTree: tree,
    config: withSearchPath(config),
    layers: described,
  };
}

function nothing(platform: Platform, names: NamedIds): DescribedImage {
  const tree = emptyTree();
  return {
    platform,
    tree,
    baseTree: tree,
    unknown: new UnknownRegions(),
    placedBy: new Map(),
    names,
    config: {},
    changes: [],
    configUnknown: undefined,
    layers: [],
    ownLayers: 0,
    fromScratch: false,
  };
}
