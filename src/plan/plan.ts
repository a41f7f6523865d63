import { cleanAbsolute } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { SquashPolicy } from "../image/nodes.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import type { Platform } from "../oci/platform.js";
import type { ConfigChange } from "./config.js";
import type { Operation, PlanSource } from "./operation.js";

/**
 * The lowered form of an image, and the only input of both syntheses. Plain JSON data; every stage and layer is
 * addressed by a digest over what it does (not over where it was written).
 */
export interface Plan {
  readonly schema: 1;
  readonly platform: Platform;
  /** Stages in the order in which they can be built; the last one is the image. */
  readonly stages: readonly Stage[];
  /** Named contexts by name: the directory as the user wrote it. */
  readonly contexts: Readonly<Record<string, string>>;
  /** Codes of findings that the images of the plan let stand, each with a reason in the description. */
  readonly suppressed?: readonly string[];
}

/** A base and the layers on it. */
export interface Stage {
  readonly id: string;
  /** The name of its image, for people: what a Dockerfile calls the stage. No part of any id. */
  readonly name?: string;
  readonly base: PlanBase;
  readonly layers: readonly Layer[];
  readonly config: readonly ConfigChange[];
  /** The policy that shaped `layers`; `"all"` also means that the base is squashed into the one layer. */
  readonly squash: SquashPolicy;
  /**
   * The id that it had before anything was decided or pinned, of a stage with squash `"auto"`: what is decided is kept
   * under it, whatever becomes of the bases meanwhile.
   */
  readonly undecidedId?: string;
  /** The reasons for its layers, if they were decided for squash `"auto"`: lines for people. */
  readonly decided?: readonly string[];
  /** Set for the stage of a base's ONBUILD triggers, which a builder of the Dockerfile carries out at FROM. */
  readonly triggered?: true;
  readonly origin?: Origin;
}

/** The operations of one layer, in order. A layer without effect on files is not written. */
export interface Layer {
  readonly id: string;
  readonly operations: readonly Operation[];
  readonly name?: string;
  /**
   * True when it holds the directories above its files also where the base has them, so that it is the same on every
   * base.
   */
  readonly portable?: true;
  /**
   * A pass asked what the base holds before it changed the stage or left it: on another base the layer may be another.
   */
  readonly settledByBase?: true;
}

/** The start of a stage. */
export type PlanBase =
  | { readonly kind: "scratch" }
  | { readonly kind: "stage"; readonly stage: string }
  | RegistryPlanBase
  | ({
      readonly kind: "layout" | "archive";
      readonly path: string;
      readonly tag?: string;
      readonly reference?: string;
    } & KnownBase)
  | ({
      readonly kind: "rootfs";
      readonly path: string;
      readonly shape?: "folder" | "tar";
      readonly config?: RuntimeConfig;
    } & KnownBase);

/** An image of a registry. */
export interface RegistryPlanBase extends KnownBase {
  readonly kind: "registry";
  /** As the user wrote it. */
  readonly reference: string;
  /** The digest of the reference's index or manifest, from the lock. */
  readonly digest?: string;
  readonly folders?: readonly string[];
}

export interface KnownBase {
  /** Facts read from the base, once the plan is resolved. */
  readonly known?: BaseFacts;
}

/** Facts about a base that a plan needs. */
export interface BaseFacts {
  /** The digest that a base in a registry was looked up by, where more than its config was looked at. */
  readonly digest?: string;
  /** Set where no step depends on more than the config: then nothing is said of paths and accounts. */
  readonly configOnly?: true;
  /** The number of its layers. */
  readonly layers?: number;
  /** The base's whole runtime config. */
  readonly config: RuntimeConfig;
  /** Paths that this plan touches or passes through (parents of what it writes), absolute, as they are in the base. */
  readonly paths: Readonly<Record<string, KnownPath>>;
  /** Names that this plan uses as owners, from the base's passwd and group. */
  readonly users: Readonly<Record<string, { readonly uid: number; readonly gid: number }>>;
  readonly groups: Readonly<Record<string, number>>;
  /** Its extended attributes that squashing it into one layer loses, if a stage does so and there are any. */
  readonly lost?: LostAttributes;
}

/** Extended attributes that do not come into an image. */
export interface LostAttributes {
  /** Sorted: `user.mime_type`. */
  readonly names: readonly string[];
  /** The number of paths that have one. */
  readonly paths: number;
  /** The first of these paths, absolute. */
  readonly first: string;
}

/** One path of a base; `null` when the base does not have it. */
export type KnownPath = {
  readonly type: "folder" | "file" | "symlink" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size?: number;
  readonly target?: string;
  /** Set for a file with capabilities. */
  readonly capable?: true;
} | null;

/**
 * Checks that a plan holds together: stages are used after they are made, paths are absolute and clean, named
 * contexts exist, no layer is empty.
 *
 * @throws {PlanError} PLAN_INCONSISTENT
 */
export function assertPlan(plan: Plan, after: string): void {
  const fail = (reason: string): never => {
    throw new PlanError("PLAN_INCONSISTENT", { pass: after, reason });
  };
  const made = new Set<string>();
  if (plan.stages.length === 0) fail("it has no stage");
  for (const stage of plan.stages) {
    if (made.has(stage.id)) fail(`stage ${stage.id} is there twice`);
    if (stage.base.kind === "stage" && !made.has(stage.base.stage)) {
      fail(`stage ${stage.id} starts from ${stage.base.stage}, which comes later or never`);
    }
    for (const operation of operationsOf(stage)) checkOperation(operation, plan, made, fail);
    if (stage.layers.some((layer) => layer.operations.length === 0))
      fail(`stage ${stage.id} has an empty layer`);
    made.add(stage.id);
  }
}

/** All operations of a stage in order. */
export function operationsOf(stage: Stage): readonly Operation[] {
  return stage.layers.flatMap((layer) => layer.operations);
}

/** The sources that an operation reads. */
export function sourcesOf(operation: Operation): readonly PlanSource[] {
  if (operation.op === "copy") return operation.sources;
  if (operation.op !== "run") return [];
  return (operation.mounts ?? []).flatMap((mount) => (mount.type === "bind" ? [mount.source] : []));
}

/** The operation with each of its sources changed. */
export function mapSources(operation: Operation, change: (source: PlanSource) => PlanSource): Operation {
  if (operation.op === "copy") return { ...operation, sources: operation.sources.map(change) };
  if (operation.op !== "run" || operation.mounts === undefined) return operation;
  const mounts = operation.mounts.map((mount) =>
    mount.type === "bind" ? { ...mount, source: change(mount.source) } : mount,
  );
  return { ...operation, mounts };
}

/** The path that a file operation writes, or undefined for a run. */
export function targetOf(operation: Operation): string | undefined {
  switch (operation.op) {
    case "copy":
    case "add":
      return operation.dest;
    case "run":
    case "hostRun":
      return undefined;
    default:
      return operation.path;
  }
}

function checkOperation(
  operation: Operation,
  plan: Plan,
  made: ReadonlySet<string>,
  fail: (reason: string) => never,
): void {
  const target = targetOf(operation);
  if (target !== undefined && cleanAbsolute(target) !== target)
    fail(`${target} is not a clean absolute path`);
  for (const source of sourcesOf(operation)) {
    if (source.from === "stage" && !made.has(source.stage))
      fail(`${operation.op} reads stage ${source.stage} too early`);
    if (
      source.from === "context" &&
      source.context !== undefined &&
      plan.contexts[source.context] === undefined
    ) {
      fail(`${operation.op} reads the context ${source.context}, which has no folder`);
    }
  }
}

/**
 * The stage of the image, then the stage that it starts from, and so on down to the one on a base from outside, or to
 * one that squashes its base into its one layer: each has the layers of those after it below its own.
 */
export function baseStages({ stages }: Plan): readonly Stage[] {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const found: Stage[] = [];
  let stage = stages.at(-1);
  while (stage !== undefined) {
    found.push(stage);
    if (stage.squash === "all" || stage.base.kind !== "stage") break;
    stage = byId.get(stage.base.stage);
  }
  return found;
}

/** True when a plan starts from anything that can be looked at and was not yet. */
export function hasUnknownBase({ stages }: Plan): boolean {
  return stages.some(({ base }) => isUnknownBase(base));
}

/** True when a base can be looked at and was not yet. */
export function isUnknownBase(base: PlanBase): boolean {
  return base.kind !== "scratch" && base.kind !== "stage" && base.known === undefined;
}
