import { layBlocks } from "../../archive/tar-blocks.js";
import { isLayerwrightError, PlanError } from "../../errors/layerwright-error.js";
import { withOriginSync } from "../../errors/with-origin.js";
import type { Platform } from "../../oci/platform.js";
import { applyConfig, fromScratch } from "../../plan/config.js";
import { commandText, type FileOperation, type Operation, type RunOperation } from "../../plan/operation.js";
import { type Layer, type Stage, targetOf } from "../../plan/plan.js";
import type { FileSource } from "../../ports/file-source.js";
import { sameAttributes } from "../../rootfs/difference.js";
import { DraftTree } from "../../rootfs/draft-tree.js";
import { flattenTree, type LayerItem } from "../../rootfs/entries.js";
import { layerItems } from "../../rootfs/layer-items.js";
import { resolvePath } from "../../rootfs/resolve.js";
import { emptyTree, type FolderNode, joinPath, type TreeNode } from "../../rootfs/tree.js";
import { type Unknown, UnknownRegions, unknownMode, whyContentUnknown } from "../../rootfs/unknown.js";
import { type DescribedState, describeOperation, type UnseenEffect } from "./describe-operation.js";
import { type DescribedImage, type DescribedLayer, ownerIds } from "./described-image.js";

/** The surroundings of a stage that is described. */
interface DescribeContext {
  readonly platform: Platform;
  readonly files: FileSource;
  /** The stages that were described before. */
  readonly stages: ReadonlyMap<string, DescribedImage>;
  /** Set where commands have to be able to run. */
  readonly runs?: boolean | undefined;
}

/** Carries out the steps of a stage in memory, as the direct build does, on what is known of its base. */
export function describeStage(stage: Stage, base: DescribedImage, context: DescribeContext): DescribedImage {
  const melted = stage.squash === "all";
  const work = new StageWork(base, context);
  const made = stage.layers.flatMap((layer) => work.layer(layer));
  const whole = melted ? wholeLayer(stage, work) : [];
  const configBase = melted && base.configUnknown === undefined ? fromScratch(base.config) : base.config;
  return {
    ...base,
    tree: work.tree,
    baseTree: melted ? emptyTree() : base.baseTree,
    unknown: work.unknown,
    placedBy: work.placedBy,
    afterCommand: work.afterCommand,
    config: applyConfig(configBase, stage.config),
    changes: [...base.changes, ...stage.config],
    layers: melted ? whole : [...base.layers, ...made],
    ownLayers: melted ? whole.length : made.length,
  };
}

/** The image with an empty layer where it would have none, as the build makes it. */
export function withOneLayer(image: DescribedImage): DescribedImage {
  if (image.layers.length > 0) return image;
  const layer: Layer = { id: "empty", name: "empty", operations: [] };
  return { ...image, layers: [{ id: layer.id, layer, bytes: tarBytes([]) }], ownLayers: 1 };
}

/** The one layer of a stage that is squashed with its base. */
function wholeLayer(stage: Stage, { tree, unknown }: StageWork): DescribedLayer[] {
  const why = unknown.within("");
  const items = flattenTree(tree, { mtime: 0 });
  if (why === undefined && items.length === 0) return [];
  const layer: Layer = { id: stage.id, operations: stage.layers.flatMap(({ operations }) => operations) };
  return [
    { id: `all ${stage.id}`, layer, unknown: why, bytes: why === undefined ? tarBytes(items) : undefined },
  ];
}

/** Refusals that depend on what the tree of an image holds. */
const TREE_CODES: readonly string[] = [
  "DEST_IS_FOLDER",
  "DEST_NOT_FOLDER",
  "LINK_LOOP",
  "OWNER_UNKNOWN",
  "PATH_NOT_FOUND",
];

/** A stage on the way from its base to what it is. */
class StageWork {
  tree: FolderNode;
  readonly unknown: UnknownRegions;
  readonly placedBy: Map<string, Operation>;
  /** A command has run, so that anything in the tree may be something else by now. */
  afterCommand: boolean;
  readonly #base: DescribedImage;
  readonly #context: DescribeContext;

  constructor(base: DescribedImage, context: DescribeContext) {
    this.afterCommand = base.afterCommand === true;
    this.tree = base.tree;
    this.unknown = new UnknownRegions(base.unknown);
    this.placedBy = new Map(base.placedBy);
    this.#base = base;
    this.#context = context;
  }

  /** Carries out the steps of a layer; none where they change nothing. */
  layer(layer: Layer): DescribedLayer[] {
    const draft = new DraftTree(this.tree);
    const state = this.#state(draft);
    let unseen: Unknown | undefined;
    let whiteouts = 0;
    for (const operation of layer.operations) {
      if (operation.op === "run" && this.#context.runs === true)
        checkShell(operation, draft.tree, this.unknown);
      if (operation.op === "run" || operation.op === "hostRun") {
        unseen = whatRuns(operation);
        this.unknown.add("", unseen);
        this.afterCommand = true;
        continue;
      }
      const before = draft.snapshot();
      const effect = this.#carryOut(operation, state);
      const placed = this.#note(operation, before, draft.tree);
      unseen ??= placed;
      // A file of the base that gets another mode or owner is written once more, whole.
      if (effect === "changes")
        unseen ??= { because: "it changes what its base has", origin: operation.origin };
      if (effect === "removes") whiteouts++;
    }
    this.tree = draft.tree;
    const items = layerItems(draft, { mtime: 0 });
    if (items.length + whiteouts === 0 && unseen === undefined) return [];
    const bytes = unseen === undefined ? tarBytes(items) + whiteouts * TAR_HEADER : undefined;
    return [{ id: layer.id, layer, unknown: unseen, bytes }];
  }

  /**
   * Carries out a file operation. After a command, a check refuses nothing because of what the tree holds: the command
   * may have put something else there, which only the build sees.
   */
  #carryOut(operation: FileOperation, state: DescribedState): UnseenEffect {
    try {
      return withOriginSync(operation.origin, () => describeOperation(state, operation));
    } catch (error) {
      const isOpen = this.#context.runs === true && this.afterCommand;
      if (!isOpen || !isLayerwrightError(error) || !TREE_CODES.includes(error.code)) throw error;
      return "changes";
    }
  }

  #state(draft: DraftTree): DescribedState {
    const { platform, files, stages } = this.#context;
    const { names, fromScratch } = this.#base;
    const { unknown } = this;
    return {
      draft,
      platform,
      files,
      fromScratch,
      unknown,
      stage: (id) => stages.get(id)!,
      stageTree: (id) => stages.get(id)!.tree,
      idsOf: (owner, origin) => ownerIds({ tree: draft.tree, unknown, names }, owner, origin),
    };
  }

  /** Notes who placed what; gives why the bytes of something placed are not known. */
  #note(operation: Operation, before: FolderNode, after: FolderNode): Unknown | undefined {
    const guessed = "mode" in operation && operation.mode !== undefined && "symbolic" in operation.mode;
    let unseen: Unknown | undefined;
    for (const [path, node] of changedPaths(before, after)) {
      if (node.type === "file") {
        const why = whyContentUnknown(node);
        unseen ??= why;
        // Clauses change the mode that a file has, which is not known of this one.
        if (why !== undefined && guessed && operation.op !== "add") node.mode = unknownMode(node.mode);
      }
      const inPassing = isMadeInPassing(operation, before, path, node);
      if (!inPassing || this.unknown.at(path) === undefined) this.placedBy.set(path, operation);
    }
    return unseen;
  }
}

/** Refuses a command that needs a shell where there is none. @throws {PlanError} NO_SHELL */
function checkShell(
  { command, shell, mounts = [], origin }: RunOperation,
  tree: FolderNode,
  unknown: UnknownRegions,
): void {
  const [program = ""] = shell;
  if (typeof command !== "string" || !program.startsWith("/") || mounts.length > 0) return;
  const { node, path } = resolvePath(tree, program);
  if (node !== undefined || unknown.at(path) !== undefined) return;
  const text = commandText(command, 60);
  throw new PlanError("NO_SHELL", { command: text, shell: program }, { subject: program, origin });
}

/** Bytes of an empty entry in a tar. */
const TAR_HEADER = 512;

function whatRuns(operation: Extract<Operation, { op: "run" | "hostRun" }>): Unknown {
  const { command, origin } = operation;
  const text = typeof command === "object" && "function" in command ? "a function" : commandText(command, 60);
  return { because: `the step that runs ${text} may make or change it`, origin };
}

function tarBytes(items: readonly LayerItem[]): number {
  let sum = 0;
  for (const { size } of layBlocks(items)) sum += size;
  return sum;
}

/** The changes of an operation between two states of a tree: paths without a leading slash, and what is there now. */
function* changedPaths(
  before: FolderNode | undefined,
  after: FolderNode,
  path = "",
): Generator<readonly [path: string, node: TreeNode]> {
  for (const [name, node] of after.children) {
    const old = before?.children.get(name);
    if (old === node) continue;
    const here = joinPath(path, name);
    if (node.type !== "folder") {
      yield [here, node];
      continue;
    }
    const oldFolder = old?.type === "folder" ? old : undefined;
    if (oldFolder === undefined || !sameAttributes(oldFolder, node)) yield [here, node];
    yield* changedPaths(oldFolder, node, here);
  }
}

/**
 * True when an operation made a directory only because something had to go below it: then what a base has there stays
 * as it is, and nothing is said of its mode.
 *
 * @param before the tree before the operation
 */
function isMadeInPassing(operation: Operation, before: FolderNode, path: string, node: TreeNode): boolean {
  const target = targetOf(operation);
  if (node.type !== "folder" || target === undefined) return false;
  const real = resolvePath(before, target).path;
  if (real === path)
    return operation.op === "copy" || (operation.op === "mkdir" && operation.ifMissing === true);
  return real.startsWith(`${path}/`);
}
