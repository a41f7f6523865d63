import { type FinalFile, finalFiles } from "../analyze/final-files.js";
import type { Origin } from "../errors/origin.js";
import { referencedImages } from "../image/image-references.js";
import type { ImageNode } from "../image/nodes.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import { platformText } from "../oci/platform.js";
import { parseReference } from "../oci/reference.js";
import { applyConfig, fromScratch, scratchConfig } from "../plan/config.js";
import type { Plan, PlanBase, Stage } from "../plan/plan.js";
import type {
  BuiltFacts,
  BuiltPolicyImage,
  PolicyBase,
  PolicyBuiltImage,
  PolicyCommand,
  PolicyImage,
} from "./policy-image.js";

/** The view of a plan. `node` knows where the bases were named, which plans do not say. */
export function policyImage(
  name: string,
  plan: Plan,
  node: ImageNode,
  place: (origin: Origin) => Origin,
): PolicyImage {
  const shipped = shippedStages(plan);
  const named = baseOrigins(node);
  const originOfBase = (base: PlanBase): Origin | undefined => {
    const origin = named.get(baseName(base));
    return origin === undefined ? undefined : place(origin);
  };
  const start = startOf(shipped[0]!.base);
  const changes = shipped.flatMap(({ config }) => config);
  const whole = shipped.reduce((config, stage) => applyConfig(config, stage.config), start.config);
  const isShipped = new Set(shipped);
  const started = node.origin === undefined ? undefined : place(node.origin);
  return {
    name,
    platform: platformText(plan.platform),
    plan,
    config: whole,
    configIsWhole: start.whole,
    changes,
    bases: plan.stages.flatMap((stage) => {
      const origin = originOfBase(stage.base);
      const base = basesOf(stage.base);
      return base.map((one) => ({ ...one, shipped: isShipped.has(stage), ...(origin && { origin }) }));
    }),
    commands: plan.stages.flatMap((stage) => commandsOf(stage, isShipped.has(stage))),
    originOf: (set, wanted) => {
      const change = changes.findLast(
        (one) => one.set === set && (wanted === undefined || ("name" in one && one.name === wanted)),
      );
      return change?.origin ?? started ?? originOfBase(shipped[0]!.base) ?? firstOrigin(shipped);
    },
  };
}

/** The same view with the built image. */
export function builtPolicyImage(
  view: PolicyImage,
  { image, secrets, earlier }: BuiltFacts,
): BuiltPolicyImage {
  let files: Promise<ReadonlyMap<string, FinalFile>> | undefined;
  const built: PolicyBuiltImage = {
    ...image,
    plan: view.plan,
    secrets,
    size: image.layers.reduce((sum, { size }) => sum + size, 0),
    uncompressedSize: image.layers.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0),
    files: () => {
      files ??= finalFiles(image);
      return files;
    },
    ...(earlier === undefined ? {} : { earlier }),
  };
  return { ...view, config: image.config.config ?? {}, configIsWhole: true, built };
}

function firstOrigin(shipped: readonly Stage[]): Origin | undefined {
  const operations = shipped.flatMap(({ layers }) => layers.flatMap((layer) => layer.operations));
  return [...operations, ...shipped.flatMap(({ config }) => config)].find(
    ({ origin }) => origin !== undefined,
  )?.origin;
}

/** The last stage and those below it, the lowest first. */
function shippedStages({ stages }: Plan): readonly Stage[] {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const chain: Stage[] = [];
  for (let stage = stages.at(-1); stage !== undefined; ) {
    chain.unshift(stage);
    stage = stage.base.kind === "stage" ? byId.get(stage.base.stage) : undefined;
  }
  return chain;
}

function startOf(base: PlanBase): { readonly config: RuntimeConfig; readonly whole: boolean } {
  if (base.kind === "scratch") return { config: scratchConfig, whole: true };
  if (base.kind === "rootfs") return { config: fromScratch(base.config ?? {}), whole: true };
  if ("known" in base && base.known !== undefined) return { config: base.known.config, whole: true };
  return { config: {}, whole: false };
}

function basesOf(base: PlanBase): readonly Pick<PolicyBase, "kind" | "name" | "digest">[] {
  if (base.kind === "scratch" || base.kind === "stage") return [];
  if (base.kind !== "registry") return [{ kind: base.kind, name: base.path }];
  const digest = parseReference(base.reference).digest ?? base.digest;
  return [{ kind: "registry", name: base.reference, ...(digest === undefined ? {} : { digest }) }];
}

function commandsOf(stage: Stage, shipped: boolean): readonly PolicyCommand[] {
  return stage.layers.flatMap(({ operations }) =>
    operations.flatMap((operation) => {
      if (operation.op !== "run") return [];
      const { command, origin } = operation;
      const text = typeof command === "string" ? command : command.join(" ");
      return [{ text, operation, shipped, ...(origin === undefined ? {} : { origin }) }];
    }),
  );
}

/** A pinned base has its digest written behind its name; the user wrote it without. */
function baseName(base: PlanBase): string {
  if (base.kind === "registry") return base.reference;
  return base.kind === "scratch" || base.kind === "stage" ? "" : base.path;
}

/** Where each base was named first, in the image and in all that it is made from. */
function baseOrigins(node: ImageNode): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  const seen = new Set<ImageNode>();
  const walk = (image: ImageNode): void => {
    if (seen.has(image)) return;
    seen.add(image);
    const { base, origin } = image;
    const name = base.kind === "registry" ? base.reference : "path" in base ? base.path : undefined;
    if (name !== undefined && origin !== undefined && !origins.has(name)) origins.set(name, origin);
    for (const used of referencedImages(image)) walk(used);
  };
  walk(node);
  return origins;
}
