import { sha256Hex } from "../../core/bytes.js";
import { canonicalJson } from "../../core/json.js";
import type { PlanSource } from "../operation.js";
import type { Layer, Plan, Stage } from "../plan.js";
import { sourcesOf } from "../plan.js";

/** One layer on one chain of layers below it, and all that the images of a catalog do with it. */
export interface SharedLayer {
  readonly layer: Layer;
  /** The layers that images and stages have directly on top of it. */
  readonly next: ReadonlySet<SharedLayer>;
  /** The number of stages whose file system it is part of. */
  readonly stages: number;
  /** True when it is part of an image, not only of a stage that others copy from. */
  readonly ships: boolean;
  /** Paths that other stages copy or mount from the stages that hold it. */
  readonly reads: ReadonlySet<string>;
}

interface Draft extends SharedLayer {
  readonly next: Set<Draft>;
  readonly reads: Set<string>;
  stages: number;
  ships: boolean;
}

/**
 * The layers of all images that are optimized together, identified by content: what a layer does, on what. So a prefix
 * is the same one in a plan that came from another process, and whether an image starts from it or repeats its steps.
 */
export class CatalogView {
  readonly #byKey = new Map<string, Draft>();
  /** The layers that each stage ends with: those of its base, then its own. */
  readonly #chains = new Map<Stage, readonly Draft[]>();
  readonly #shipping = new Set<Stage>();

  constructor(plans: readonly Plan[]) {
    for (const plan of plans) this.#add(plan);
  }

  /** The shared layers of a stage's own layers, in their order. */
  layersOf(stage: Stage): readonly SharedLayer[] {
    const chain = this.#chains.get(stage) ?? [];
    return chain.slice(chain.length - stage.layers.length);
  }

  /** The shared layers below a stage's own ones. */
  below(stage: Stage): readonly SharedLayer[] {
    const chain = this.#chains.get(stage) ?? [];
    return chain.slice(0, chain.length - stage.layers.length);
  }

  /** True when a stage is part of an image. */
  ships(stage: Stage): boolean {
    return this.#shipping.has(stage);
  }

  /**
   * True when every stage that has one layer of this stage has the other, too: what changes both, or joins them, takes
   * no layer from an image that shares the first.
   */
  mayMerge(stage: Stage, first: number, last: number): boolean {
    const layers = this.layersOf(stage);
    return first === last || layers[first]?.stages === layers[last]?.stages;
  }

  #add(plan: Plan): void {
    const tips = new Map<string, string>();
    const tops = new Map<string, { readonly key: string; readonly chain: readonly Draft[] }>();
    const byId = new Map(plan.stages.map((stage) => [stage.id, stage]));
    for (const stage of plan.stages) {
      const { base, squash } = stage;
      const parent = base.kind === "stage" ? tops.get(base.stage) : undefined;
      let key = parent?.key ?? digest(base, plan);
      if (squash === "all") key = sha256Hex(`${key}\nall`);
      const chain = [...(parent?.chain ?? [])];
      for (const layer of stage.layers) {
        const read = layer.operations.flatMap(sourcesOf).map((source) => sourceKey(source, plan, tips));
        key = sha256Hex(`${key}\n${layerDigest(layer, plan)}\n${read.join("\n")}`);
        const node = this.#node(key, layer);
        chain.at(-1)?.next.add(node);
        chain.push(node);
        for (const source of layer.operations.flatMap(sourcesOf)) {
          if (source.from !== "stage") continue;
          for (const one of tops.get(source.stage)?.chain ?? []) one.reads.add(source.path);
        }
      }
      for (const node of chain) node.stages++;
      tops.set(stage.id, { key, chain });
      tips.set(stage.id, digest([key, stage.config], plan));
      this.#chains.set(stage, chain);
    }
    let shipped = plan.stages.at(-1);
    for (const node of (shipped && this.#chains.get(shipped)) ?? []) (node as Draft).ships = true;
    while (shipped !== undefined) {
      this.#shipping.add(shipped);
      shipped = shipped.base.kind === "stage" ? byId.get(shipped.base.stage) : undefined;
    }
  }

  #node(key: string, layer: Layer): Draft {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const node: Draft = { layer, next: new Set(), reads: new Set(), stages: 0, ships: false };
    this.#byKey.set(key, node);
    return node;
  }
}

/** A source without what depends on the plan that it is in. */
function sourceKey(source: PlanSource, plan: Plan, tips: ReadonlyMap<string, string>): string {
  if (source.from === "stage") return tips.get(source.stage) ?? source.stage;
  return source.context === undefined ? "" : (plan.contexts[source.context] ?? source.context);
}

/** Digests of layers by themselves: passes give most layers back as they are. */
const digests = new WeakMap<Layer, string>();

function layerDigest(layer: Layer, plan: Plan): string {
  const known = digests.get(layer);
  if (known !== undefined) return known;
  const made = digest({ operations: layer.operations, portable: layer.portable }, plan);
  digests.set(layer, made);
  return made;
}

/**
 * Not part of what a layer does: where it was written, what was found, ids of stages, and contents beside their digest.
 */
const ASIDE: ReadonlySet<string> = new Set([
  "origin",
  "found",
  "known",
  "stage",
  "text",
  "base64",
  "cleaned",
]);

function digest(value: unknown, { platform }: Plan): string {
  return sha256Hex(canonicalJson([value, platform], (key) => ASIDE.has(key)));
}
