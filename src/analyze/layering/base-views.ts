import type { ObservedLayer } from "../observed-image.js";
import { LowerView } from "./lower-view.js";
import type { StageNode } from "./stage-chains.js";

/** What is below the stages: one view for all that stand on the same layers, since bases are large and shared. */
export class BaseViews {
  readonly #nodes: ReadonlyMap<string, StageNode>;
  readonly #views = new Map<string, LowerView>();

  constructor(nodes: readonly StageNode[]) {
    this.#nodes = new Map(nodes.map((node) => [node.stage.id, node]));
  }

  /** The layers below a stage as one view, which holds until the next one is asked for. */
  async below(node: StageNode): Promise<LowerView> {
    const layers = this.#layersBelow(node);
    const key = layers.map(({ diffId }) => diffId).join(" ");
    let view = this.#views.get(key);
    if (view === undefined) {
      view = new LowerView();
      for (const layer of layers) view.add(await layer.entries(), "base");
      this.#views.set(key, view);
      view.mark();
    }
    view.reset();
    return view;
  }

  #layersBelow({ base }: StageNode): readonly ObservedLayer[] {
    if ("layers" in base) return base.layers;
    const below = this.#nodes.get(base.stage)!;
    return [...this.#layersBelow(below), ...below.layers.filter((layer) => layer !== undefined)];
  }
}
