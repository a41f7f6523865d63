import { tarBlocks } from "../../archive/tar-blocks.js";
import { sha256Hex } from "../../core/bytes.js";
import type { RootLayer } from "../../ports/sandbox.js";
import { diffTrees } from "../../rootfs/difference.js";
import { entryOf, flattenTree, type LayerItem, toEntries, toTarItems } from "../../rootfs/entries.js";
import type { FolderNode } from "../../rootfs/tree.js";
import { lookup } from "../../rootfs/tree.js";
import { whiteoutTarget } from "../../rootfs/whiteout.js";
import { contentKey } from "../pack/layer-key.js";
import type { BuildPorts } from "../ports.js";
import type { RootInput } from "./run-inputs.js";

/**
 * A tree with what a command needs of it: a key that is the same wherever the tree has the same content, and layers
 * on this machine's disk. Both are made only when a command runs on it.
 */
export interface RootState {
  readonly tree: FolderNode;
  /**
   * Undefined where the content cannot be named: then nothing that runs on it is remembered.
   *
   * @param unseen the clean-ups that do not count, since the command that asks does not look at what they removed
   */
  key(unseen?: Unseen): Promise<string | undefined>;
  layers(): Promise<readonly RootLayer[]>;
  /** The parts that it is made of, in order; `unseen` as for the key. */
  inputs(unseen?: Unseen): Promise<readonly RootInput[]>;
  /** Clean-ups that no command after them has looked at. */
  readonly cleanUps: readonly CleanUpInput[];
}

/** A clean-up that passes put behind a command. */
interface CleanUpInput extends RootInput {
  /** The package managers whose leftovers it removed. */
  readonly managers: readonly string[];
}

/** Tells whether a command gives the same with and without a clean-up. */
export type Unseen = (cleanUp: CleanUpInput) => boolean;

const SEEN: Unseen = () => false;

/** A state by what it is without the clean-ups that are kept apart. */
function rootState(
  { tree, cleanUps, layers }: Pick<RootState, "tree" | "cleanUps" | "layers">,
  bare: () => Promise<string | undefined>,
  bareInputs: () => Promise<readonly RootInput[]>,
): RootState {
  const seen = (unseen: Unseen) => cleanUps.filter((cleanUp) => !unseen(cleanUp));
  return {
    tree,
    cleanUps,
    layers: once(layers),
    async key(unseen = SEEN) {
      const own = await bare();
      const keys = seen(unseen).map(({ key }) => key);
      if (own === undefined || keys.includes(undefined)) return undefined;
      return keys.length === 0 ? own : sha256Hex(`${own}\ncleaned ${keys.join(" ")}`);
    },
    inputs: async (unseen = SEEN) => [...(await bareInputs()), ...seen(unseen)],
  };
}

/** Every clean-up as unseen: what is below it. */
const BARE: Unseen = () => true;

const ALL = { xattrs: () => true };

/** The state of a base, whose layers say what is in it. */
export function baseRoot(tree: FolderNode, diffIds: readonly string[], ports: BuildPorts): RootState {
  const key = sha256Hex(`base\n${diffIds.join("\n")}`);
  const layers = async () => {
    const sandbox = ports.sandbox!;
    const found = await sandbox.find(key);
    return [found ?? (await sandbox.unpack(await treeTar(tree), key))];
  };
  const inputs = [{ what: "the base", key }];
  return rootState(
    { tree, cleanUps: [], layers },
    async () => key,
    async () => inputs,
  );
}

/**
 * The state after file operations on another one; the same state when nothing changed.
 *
 * @param what the operations, for people
 */
export function changedRoot(
  below: RootState,
  tree: FolderNode,
  listedAt: number,
  ports: BuildPorts,
  what: readonly string[] = ["later files of the stage"],
): RootState {
  if (below.tree === tree) return below;
  const changes = once(async () => toEntries(diffTrees(below.tree, tree), below.tree, ALL));
  const own = once(async () => contentKey(await changes(), listedAt, ports));
  const layers = async () => {
    const items = await toTarItems(overlayItems(await changes(), tree));
    return [...(await below.layers()), await ports.sandbox!.unpack(tarBlocks(items))];
  };
  return rootState(
    { tree, cleanUps: below.cleanUps, layers },
    once(async () => {
      const [before, after] = [await below.key(BARE), await own()];
      return before === undefined || after === undefined ? undefined : sha256Hex(`${before}\nfiles ${after}`);
    }),
    once(async () => [...(await below.inputs(BARE)), { what: what.join(", "), key: await own() }]),
  );
}

/**
 * The state after a command: on disk already, or unpacked again from what was remembered of it.
 *
 * @param unseen the clean-ups that are not in the command's key
 */
export function commandRoot(
  below: RootState,
  tree: FolderNode,
  command: RootInput,
  layer: () => Promise<RootLayer>,
  unseen: Unseen = SEEN,
): RootState {
  const layers = async () => [...(await below.layers()), await layer()];
  return rootState(
    { tree, cleanUps: below.cleanUps.filter(unseen), layers },
    async () => command.key,
    once(async () => [...(await below.inputs(unseen)), command]),
  );
}

/** The state after a clean-up, which only commands that look at what it removed have in their keys. */
export function cleanedRoot(
  below: RootState,
  tree: FolderNode,
  cleanUp: CleanUpInput,
  layer: () => Promise<RootLayer>,
): RootState {
  const layers = async () => [...(await below.layers()), await layer()];
  return rootState(
    { tree, cleanUps: [...below.cleanUps, cleanUp], layers },
    () => below.key(BARE),
    () => below.inputs(BARE),
  );
}

/** A whole tree as a tar. */
export async function treeTar(tree: FolderNode): Promise<Iterable<Uint8Array>> {
  return tarBlocks(await toTarItems([{ entry: entryOf("", tree, ALL) }, ...flattenTree(tree, ALL)]));
}

/**
 * Entries of a layer in the form of overlayfs: whiteouts are devices, and the directories above an entry come along,
 * since in an overlay the upper directory's own attributes count.
 */
function overlayItems(items: readonly LayerItem[], tree: FolderNode): LayerItem[] {
  const seen = new Set<string>();
  const made: LayerItem[] = [];
  for (const item of items) {
    const { entry } = item;
    for (const parent of parentsOf(entry.path)) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      const node = lookup(tree, parent);
      if (node?.type === "folder") made.push({ entry: entryOf(parent, node, ALL) });
    }
    const hidden = whiteoutTarget(entry.path);
    if (hidden === undefined) {
      if (entry.type === "folder") {
        if (seen.has(entry.path)) continue;
        seen.add(entry.path);
      }
      made.push(item);
    } else {
      const { mode, uid, gid, mtime } = entry;
      const type = "character-device" as const;
      made.push({ entry: { type, path: hidden, mode, uid, gid, size: 0, mtime, devmajor: 0, devminor: 0 } });
    }
  }
  return made;
}

function* parentsOf(path: string): Generator<string> {
  yield "";
  for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1))
    yield path.slice(0, slash);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
