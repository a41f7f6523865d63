import { assertNever } from "../core/assert-never.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { BaseNode, ImageNode, Step } from "../image/nodes.js";
import type { Platform } from "../oci/platform.js";
import { addressPlan } from "./address.js";
import { mergeForSquash } from "./layering.js";
import { lowerSteps } from "./lower-steps.js";
import type { LoweredStage, Lowering } from "./lowering.js";
import { DEFAULT_SHELL, type StageState } from "./lowering.js";
import type { Plan, PlanBase, Stage } from "./plan.js";

/** Options of `lower`. */
export interface LowerOptions {
  readonly platform: Platform;
  /** Makes the user's file independent of the machine, e.g. relative to the context directory. */
  readonly place?: (origin: Origin) => Origin;
  /** The name of an image that has none of its own, e.g. in a catalog. */
  readonly nameOf?: (node: ImageNode) => string | undefined;
  /** Codes of findings that a catalog lets stand for the image. */
  readonly suppressed?: readonly string[];
}

/**
 * Lowers an image to a plan: names and relative paths are resolved, groups become layers, the squash policy
 * decides which layers there are. Nothing outside is looked at.
 *
 * @throws {PlanError} RELATIVE_NEEDS_WORKDIR, CONTEXT_NAME_TAKEN, PLATFORM_NOT_GIVEN
 */
export function lower(image: ImageNode, options: LowerOptions): Plan {
  const done = new Map<ImageNode, LoweredStage>();
  const stages: Stage[] = [];
  const contexts = new ContextNames();
  const place = options.place;
  const suppressed = new Set(options.suppressed);
  const lowering: Lowering = {
    platform: options.platform,
    place: (origin) => (origin === undefined || place === undefined ? origin : place(origin)),
    context: (name, folder, origin) => contexts.add(name, folder, origin),
    stageOf(node) {
      const known = done.get(node);
      if (known !== undefined) return known;
      for (const code of suppressedBy(node.steps)) suppressed.add(code);
      const { base, state: start } = lowerBase(node.base, lowering);
      const { layers, config, state } = lowerSteps(node.steps, start, lowering);
      const name = node.name ?? options.nameOf?.(node);
      const stage: Stage = {
        id: `stage-${stages.length}`,
        ...(name === undefined ? {} : { name }),
        base,
        layers: mergeForSquash(layers, node.squash),
        config,
        squash: node.squash,
      };
      stages.push(stage);
      const lowered = { stage, state };
      done.set(node, lowered);
      return lowered;
    },
  };
  lowering.stageOf(image);
  const plan = addressPlan({ schema: 1, platform: options.platform, stages, contexts: contexts.folders });
  return suppressed.size === 0 ? plan : { ...plan, suppressed: [...suppressed].sort() };
}

/** The codes of the findings that steps suppress, on any platform. */
function suppressedBy(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind === "suppress") return [step.code];
    if (step.kind === "layer") return suppressedBy(step.steps);
    if (step.kind !== "platform") return [];
    return suppressedBy([...step.variants.flatMap((variant) => variant.steps), ...(step.otherwise ?? [])]);
  });
}

/** The base of a stage, and the state that its first step sees. */
function lowerBase(base: BaseNode, lowering: Lowering): { base: PlanBase; state: StageState } {
  const start = { env: {}, shell: DEFAULT_SHELL };
  switch (base.kind) {
    case "scratch":
      return { base: { kind: "scratch" }, state: { ...start, baseLabel: "scratch", workdir: "/" } };
    case "image": {
      const { stage, state } = lowering.stageOf(base.image);
      return { base: { kind: "stage", stage: stage.id }, state };
    }
    case "registry":
      return { base, state: { ...start, baseLabel: base.reference } };
    case "layout":
    case "archive":
      return { base, state: { ...start, baseLabel: base.path } };
    case "rootfs":
      return { base, state: { ...start, baseLabel: base.path, workdir: base.config?.WorkingDir || "/" } };
    default:
      return assertNever(base);
  }
}

/** The named contexts of one plan: a name stands for one directory. */
class ContextNames {
  readonly folders: Record<string, string> = {};

  /** @throws {PlanError} CONTEXT_NAME_TAKEN when the name stands for another directory already */
  add(name: string, folder: string, origin: Origin | undefined): string {
    const first = this.folders[name];
    if (first !== undefined && first !== folder) {
      throw new PlanError("CONTEXT_NAME_TAKEN", { name, first, second: folder }, { subject: name, origin });
    }
    this.folders[name] = folder;
    return name;
  }
}
