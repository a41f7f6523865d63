import { layeringKey, type StageLayering } from "../../plan/layering.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";
import { type AtomicStage, atomsOf, fixedAtoms } from "./atomic-stage.js";
import { BaseViews } from "./base-views.js";
import { commonFolders } from "./common-folders.js";
import { copiedLayers } from "./copied-layers.js";
import type { LayeringDecision, LayeringImage, LayeringProblem } from "./layering-problem.js";
import { portableIds } from "./portable-ids.js";
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
  const hints = commonFolders(await copiedLayers(stages, portable));
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
      const said = [...why, ...(hints.get(image) ?? [])];
      return { stage: stage.node, layering: { melt, layers, portable: marked, why: said } };
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
