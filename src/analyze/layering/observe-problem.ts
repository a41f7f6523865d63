import { createHash, type Hash } from "node:crypto";
import { getOrMake } from "../../core/grouped.js";
import { sizeText } from "../../core/size.js";
import { layeringKey, type StageLayering } from "../../plan/layering.js";
import type { ObservedEntry, ObservedImage, ObservedLayer } from "../observed-image.js";
import type { LayeringDecision, LayeringImage, LayeringProblem } from "./layering-problem.js";
import { BaseViews, type StageNode, stageChains } from "./lower-view.js";
import { type AtomicStage, atomsOf, fixedAtoms } from "./observed-atoms.js";

/** A problem made of real images, and how its solution is said of their stages. */
export interface ObservedProblem {
  readonly problem: LayeringProblem;
  /** The stages that nobody has decided about, those that are fixed here among them. */
  readonly undecided: readonly StageNode[];
  /** Translates a decision to the stage that it is about; undefined for an image that decides nothing. */
  layeringOf(
    decision: LayeringDecision,
  ): { readonly stage: StageNode; readonly layering: StageLayering } | undefined;
}

/** Options of `observeProblem`. */
export interface ProblemOptions {
  /** Layers that an image may have at most. */
  readonly maxLayers: number;
  /** Stages whose layers stay as squash `"keep"` has them, by what the decision about them is kept under. */
  readonly fixed?: ReadonlySet<string>;
}

/** Makes the problem of which layers the undecided stages of these images should have. */
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

/** Returns the bases that anybody can pull, as images: melting those saves nothing. */
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

/** The layers that are copies alone, of the stages that are decided about. */
async function copiedLayers(
  stages: readonly AtomicStage[],
  portable: ReadonlySet<string>,
): Promise<readonly WholeLayer[]> {
  const layers: WholeLayer[] = [];
  for (const { node, name, decides, atoms } of stages) {
    for (const [place, observed] of decides ? node.layers.entries() : []) {
      const isCopy = node.stage.layers[place]!.operations.every(({ op }) => op === "copy");
      if (observed === undefined || !isCopy) continue;
      const { label, diffId, portableId } = atoms[place]!;
      const id = portableId !== undefined && portable.has(portableId) ? portableId : diffId;
      layers.push({ stage: name, label, id, entries: await observed.entries() });
    }
  }
  return layers;
}

/** A layer that may hold more than its own, in the stage that it is of. */
export interface WholeLayer {
  readonly stage: string;
  readonly label: string;
  /** The same for layers that are one already. */
  readonly id: string;
  readonly entries: readonly ObservedEntry[];
}

/** Smaller directories are not worth a step of their own. */
const LEAST_BYTES = 256 * 1024;

const MOST_LINES = 3;

/**
 * Names for each stage the directories in its layers that other stages have too, at the same place and with the same
 * content: as steps of their own they would be one layer. A step is never split, since a Dockerfile of most front ends
 * cannot copy a directory without a part of it.
 */
function commonFolders(layers: readonly WholeLayer[]): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, { path: string; bytes: number; layers: WholeLayer[] }>();
  for (const layer of layers) {
    for (const [path, { hash, bytes }] of foldersOf(layer.entries)) {
      if (bytes < LEAST_BYTES) continue;
      const key = `${path}\0${hash.digest("hex")}`;
      getOrMake(holders, key, () => ({ path, bytes, layers: [] })).layers.push(layer);
    }
  }
  const common = [...holders.values()].filter(
    ({ layers: held }) => new Set(held.map(({ id }) => id)).size > 1,
  );
  const lines = new Map<string, string[]>();
  for (const { path, bytes, layers: held } of common.sort((a, b) => b.bytes - a.bytes)) {
    // What is below a directory that is said already comes with it.
    if (common.some((other) => path.startsWith(`${other.path}/`) && isSame(other.layers, held))) continue;
    const stages = new Set(held.map(({ stage }) => stage)).size;
    for (const { stage, label } of held) {
      const own = getOrMake(lines, stage, () => []);
      const line = `/${path} (${sizeText(bytes)}) of ${label} is in ${stages} images: a copy of its own would be shared`;
      if (own.length < MOST_LINES && !own.includes(line)) own.push(line);
    }
  }
  return lines;
}

function foldersOf(entries: readonly ObservedEntry[]): ReadonlyMap<string, { hash: Hash; bytes: number }> {
  const folders = new Map<string, { hash: Hash; bytes: number }>();
  for (const { path, type, mode, uid, gid, size, sha256 = "", linkname = "" } of entries) {
    const text = `\0${type}\0${mode}\0${uid}\0${gid}\0${size}\0${sha256}\0${linkname}\n`;
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const name = path.slice(0, at);
      const folder = getOrMake(folders, name, () => ({ hash: createHash("sha256"), bytes: 0 }));
      folder.hash.update(path.slice(at) + text);
      folder.bytes += size;
    }
  }
  return folders;
}

function isSame(left: readonly WholeLayer[], right: readonly WholeLayer[]): boolean {
  return left.length === right.length && left.every((layer, at) => layer === right[at]);
}

/**
 * Returns the portable ids of files that several stages bring. Written with the directories above them, they are one layer
 * whatever the bases hold, and wherever in its image the layer ends up. Where an image that decides nothing has such a
 * layer as it is today, the others stay like it.
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
      getOrMake(bringers, portableId, () => new Set()).add(stage);
      if (settled.has(diffId)) left.add(portableId);
    }
  }
  const several = [...bringers].filter(([id, { size }]) => size > 1 && !left.has(id));
  return new Set(several.map(([id]) => id));
}
