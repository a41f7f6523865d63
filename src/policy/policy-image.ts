import { type FinalFile, finalFiles, type ObservedImage } from "../analyze/observed-image.js";
import type { FoundSecret } from "../analyze/secrets/find-secrets.js";
import type { Origin } from "../errors/origin.js";
import { referencedImages } from "../image/image-references.js";
import type { ImageNode } from "../image/nodes.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import { platformText } from "../oci/platform.js";
import { parseReference } from "../oci/reference.js";
import { applyConfig, type ConfigChange, fromScratch, scratchConfig } from "../plan/config.js";
import type { RunOperation } from "../plan/operation.js";
import type { Plan, PlanBase, Stage } from "../plan/plan.js";

/** An image of the catalog for one platform, as policies see it. */
export interface PolicyImage {
  /** Its name in the catalog. */
  readonly name: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** After the passes, and pinned as far as the lock goes. */
  readonly plan: Plan;
  /** The config that a container starts with; without what only its base says, unless `configIsWhole`. */
  readonly config: RuntimeConfig;
  /** False where the base is an image whose own config is not known before it is opened. */
  readonly configIsWhole: boolean;
  /** Changes of the config by the image and the images below it that are described here, in order. */
  readonly changes: readonly ConfigChange[];
  /** The bases of all its stages, but for scratch and other stages. */
  readonly bases: readonly PolicyBase[];
  /** The commands of all its stages. */
  readonly commands: readonly PolicyCommand[];
  /** The line of the last change of a kind, as `originOf("user")`; else the line that named the base. */
  originOf(set: ConfigChange["set"], name?: string): Origin | undefined;
}

/** An image or a root file system that a stage starts from. */
export interface PolicyBase {
  readonly kind: "registry" | "layout" | "archive" | "rootfs";
  /** The reference or the path, as the user wrote it. */
  readonly name: string;
  /** Of an image in a registry: where its name, or else the lock, says it. */
  readonly digest?: string;
  /** True when it is a part of the image, and not of a stage that is only copied from. */
  readonly shipped: boolean;
  readonly origin?: Origin;
}

/** A command that a stage runs. */
export interface PolicyCommand {
  /** Words of a command that no shell runs are joined by spaces. */
  readonly text: string;
  readonly operation: RunOperation;
  /** True when its layer is a part of the image. */
  readonly shipped: boolean;
  readonly origin?: Origin;
}

/** The result of the build of an image before this one. */
export interface EarlierBuild {
  readonly digest: string;
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly layers: number;
}

/** A built image, with what policies ask of it. */
export interface PolicyBuiltImage extends ObservedImage {
  /** Compressed bytes of all layers. */
  readonly size: number;
  /** Bytes of the layers' plain tars. */
  readonly uncompressedSize: number;
  /** Files of its layers that look like secrets, also those that a later layer removes. */
  readonly secrets: readonly FoundSecret[];
  /** The build before this one with the same store; undefined for the first. */
  readonly earlier?: EarlierBuild;
  /** Returns the files that a container sees, by path without a leading slash. */
  files(): Promise<ReadonlyMap<string, FinalFile>>;
}

/** An image with what it was built into: its config is the whole one. */
export interface BuiltPolicyImage extends PolicyImage {
  readonly built: PolicyBuiltImage;
}

/** A built image, with the facts that only its bytes tell. */
export interface BuiltFacts {
  readonly image: ObservedImage;
  readonly secrets: readonly FoundSecret[];
  readonly earlier?: EarlierBuild | undefined;
}

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

/** Returns the line that named each base first, in the image and in all that it is made from. */
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
