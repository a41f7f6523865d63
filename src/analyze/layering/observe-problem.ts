import { layeringKey, type StageLayering } from "../../plan/layering.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";
import { BaseViews } from "./base-views.js";
import { changeRate } from "./change-rate.js";
import {
  LAYER_END,
  type LayeringDecision,
  type LayeringImage,
  type LayeringProblem,
} from "./layering-problem.js";
import type { LowerView } from "./lower-view.js";
import { AtomOrder, emptyAtom, labelOf, type ObservedAtom, observedAtom } from "./observed-atoms.js";
import { type StageNode, stageChains } from "./stage-chains.js";

/** A problem made of real images, and how its solution is said of their stages. */
export interface ObservedProblem {
  readonly problem: LayeringProblem;
  /** The stages that nobody has decided about, those that are fixed here among them. */
  readonly undecided: readonly StageNode[];
  /** What a decision means for the stage that it is about; undefined for an image that decides nothing. */
  layeringOf(
    decision: LayeringDecision,
  ): { readonly stage: StageNode; readonly layering: StageLayering } | undefined;
}

/** How the problem is put. */
export interface ProblemOptions {
  /** Layers that an image may have at most. */
  readonly maxLayers: number;
  /** Stages whose layers stay as squash `"keep"` has them, by what the decision about them is kept under. */
  readonly fixed?: ReadonlySet<string>;
}

/** A stage with its atoms. */
interface AtomicStage {
  readonly node: StageNode;
  readonly name: string;
  readonly decides: boolean;
  readonly atoms: readonly ObservedAtom[];
}

/** Puts the question which layers the undecided stages of these images should have. */
export async function observeProblem(
  images: readonly ObservedImage[],
  { maxLayers, fixed }: ProblemOptions,
): Promise<ObservedProblem> {
  const nodes = stageChains(images);
  const names = namesOf(nodes);
  const stages: AtomicStage[] = [];
  const views = new BaseViews(nodes);
  for (const node of nodes) {
    const decides = node.undecided && fixed?.has(layeringKey(node.stage)) !== true;
    const atoms = node.undecided ? await atomsOf(node, await views.below(node)) : fixedAtoms(node);
    stages.push({ node, name: names.get(node.stage.id)!, decides, atoms });
  }
  const portable = portableIds(stages);
  const problem = {
    maxLayers,
    images: [...stages.map((stage) => layeringImage(stage, names, portable)), ...publicBases(nodes)],
  };
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  return {
    problem,
    undecided: nodes.filter((node) => node.undecided),
    layeringOf({ image, melt, layers, why }) {
      const stage = byName.get(image);
      if (stage?.decides !== true) return undefined;
      const isPortable = (layer: readonly number[]) =>
        layer.some((place) => portable.has(stage.atoms[place]!.portableId ?? "")) &&
        layer.every((place) => stage.atoms[place]!.portableId !== undefined);
      const marked = melt ? [] : layers.flatMap((layer, at) => (isPortable(layer) ? [at] : []));
      return { stage: stage.node, layering: { melt, layers, portable: marked, why } };
    },
  };
}

/** A name for each stage: those of its images, or else its id. */
function namesOf(nodes: readonly StageNode[]): ReadonlyMap<string, string> {
  return new Map(
    nodes.map(({ stage, images }) => [
      stage.id,
      images.length === 0 ? `stage ${stage.id}` : [...images].sort().join(", "),
    ]),
  );
}

async function atomsOf(node: StageNode, view: LowerView): Promise<readonly ObservedAtom[]> {
  const order = new AtomOrder();
  const atoms: ObservedAtom[] = [];
  for (const [place, observed] of node.layers.entries()) {
    const layer = node.stage.layers[place]!;
    const entries = observed === undefined ? [] : await observed.entries();
    const after = order.next(layer, entries, view);
    if (observed === undefined) atoms.push(emptyAtom(layer, after));
    else atoms.push(observedAtom(layer, observed, entries, view.add(entries, place), after));
  }
  return atoms;
}

/** The layers of a stage that is as it is: one atom each. */
function fixedAtoms({ stage, layers }: StageNode): readonly ObservedAtom[] {
  return layers.flatMap((observed, place) => {
    if (observed === undefined) return [];
    const layer = stage.layers[place] ?? { id: stage.id, operations: [] };
    const bytes = observed.uncompressedSize - LAYER_END;
    return [
      {
        label: labelOf(layer),
        diffId: observed.diffId,
        portableId: undefined,
        bytes,
        portableBytes: bytes,
        changes: changeRate(layer),
        after: [],
        hides: [],
      },
    ];
  });
}

/**
 * The portable ids that are worth it: files that several stages bring. Written with the folders above them, they are one
 * layer whatever the bases have, and wherever in its image the layer ends up. Where an image that decides nothing has
 * such a layer as it is today, the others had better stay like it.
 */
function portableIds(stages: readonly AtomicStage[]): ReadonlySet<string> {
  const settled = new Set(
    stages.flatMap(({ decides, atoms }) => (decides ? [] : atoms.map(({ diffId }) => diffId))),
  );
  const bringers = new Map<string, Set<AtomicStage>>();
  const left = new Set<string>();
  for (const stage of stages) {
    for (const { portableId, diffId } of stage.decides ? stage.atoms : []) {
      if (portableId === undefined) continue;
      bringers.set(portableId, (bringers.get(portableId) ?? new Set()).add(stage));
      if (settled.has(diffId)) left.add(portableId);
    }
  }
  const several = [...bringers].filter(([id, { size }]) => size > 1 && !left.has(id));
  return new Set(several.map(([id]) => id));
}

function layeringImage(
  { node, name, decides, atoms }: AtomicStage,
  names: ReadonlyMap<string, string>,
  portable: ReadonlySet<string>,
): LayeringImage {
  return {
    name,
    decides,
    base:
      "stage" in node.base
        ? { image: names.get(node.base.stage)! }
        : { layers: node.base.layers.map(baseLayer) },
    atoms: atoms.map(({ portableId, diffId, portableBytes, bytes, label, changes, after, hides }) => {
      const shared = portableId !== undefined && portable.has(portableId);
      return {
        id: shared ? portableId : diffId,
        label,
        bytes: shared ? portableBytes : bytes,
        changes,
        after,
        hides,
      };
    }),
    keep: atoms.map((_, at) => [at]),
  };
}

/** What others have too, since anybody can pull it: to melt it saves nothing. */
function publicBases(nodes: readonly StageNode[]): readonly LayeringImage[] {
  const seen = new Map<string, LayeringImage>();
  for (const { base } of nodes) {
    if (!("layers" in base) || !base.public || base.layers.length === 0) continue;
    const top = base.layers.at(-1)!.diffId;
    seen.set(top, {
      name: `base ${top}`,
      decides: false,
      base: { layers: base.layers.map(baseLayer) },
      atoms: [],
      keep: [],
    });
  }
  return [...seen.values()];
}

function baseLayer({ diffId, uncompressedSize }: ObservedLayer): { id: string; bytes: number } {
  return { id: diffId, bytes: uncompressedSize };
}
