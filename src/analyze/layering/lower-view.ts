import { isUndecided } from "../../plan/layering.js";
import { baseStages, type Stage } from "../../plan/plan.js";
import { followLinks } from "../../rootfs/resolve.js";
import { pathComponents } from "../../rootfs/tree.js";
import { OPAQUE_NAME, WHITEOUT_PREFIX } from "../../rootfs/whiteout.js";
import type { ObservedEntry, ObservedImage, ObservedLayer } from "../observed-image.js";

/** A stage of one or more images, with its layers as they were built. */
export interface StageNode {
  readonly stage: Stage;
  /** The images that the stage is, by name; others stand on it. */
  readonly images: readonly string[];
  /** Its base: another stage by id, or layers of a base. */
  readonly base:
    | { readonly stage: string }
    | { readonly layers: readonly ObservedLayer[]; readonly public: boolean };
  /** By the layers of the stage, in their order; undefined for one that changed nothing. */
  readonly layers: readonly (ObservedLayer | undefined)[];
  readonly undecided: boolean;
}

/** The stages that the layers of these images belong to, each once, and each after the one it stands on. */
export function stageChains(images: readonly ObservedImage[]): readonly StageNode[] {
  const nodes = new Map<string, StageNode & { images: string[] }>();
  for (const { name, plan, layers } of images) {
    if (plan === undefined) continue;
    const chain = baseStages(plan).toReversed();
    const made = new Map(layers.map((layer) => [layer.planLayer, layer]));
    const found = layers.filter(({ planLayer }) => planLayer === undefined);
    for (const [at, stage] of chain.entries()) {
      let node = nodes.get(stage.id);
      if (node === undefined) {
        const below = chain[at - 1];
        const melted = stage.squash === "all";
        node = {
          stage,
          images: [],
          base:
            below === undefined
              ? { layers: melted ? [] : found, public: stage.base.kind === "registry" }
              : { stage: below.id },
          layers: melted ? [made.get(`${stage.id}:all`)] : stage.layers.map((layer) => made.get(layer.id)),
          undecided: isUndecided(stage),
        };
        nodes.set(stage.id, node);
      }
      if (at === chain.length - 1 && !node.images.includes(name)) node.images.push(name);
    }
  }
  return [...nodes.values()];
}

/** The writer of an entry: an atom by its place, or the base. */
export type Owner = number | "base";

/** One path of a root file system that is put together layer by layer. */
interface ViewNode {
  entry?: ObservedEntry;
  owner: Owner;
  children?: Map<string, ViewNode>;
}

/** The effect of a layer on those below it. */
export interface Footprint {
  /** Bytes of entries that are of no use any more, by whose they were. */
  readonly hidden: ReadonlyMap<Owner, number>;
  /** Atoms whose entries matter to what this layer wrote, so that it cannot come before them. */
  readonly after: ReadonlySet<number>;
  /** True when all directories above its entries that are not its own are as new ones would be (0755, root's). */
  readonly plainParents: boolean;
  /** Directories above its entries that it does not hold itself. */
  readonly parents: ReadonlySet<string>;
  readonly whiteouts: boolean;
}

/** The union of layers, with whose each path is. */
export class LowerView {
  readonly #root: ViewNode = { owner: "base", children: new Map() };
  /** Takes back what was changed since `mark`, newest last. */
  #undo: (() => void)[] = [];

  /** From here on, what is added can be taken back. */
  mark(): void {
    this.#undo = [];
  }

  /** Takes back all that was added since `mark`: the base of many images is laid out once. */
  reset(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  /** Returns the owner of what a path (without a leading slash) leads to; undefined where there is nothing. */
  ownerOf(path: string): Owner | undefined {
    const found = followLinks<ViewNode>(
      {
        root: this.#root,
        child: (folder, name) => folder?.children?.get(name),
        linkTarget: ({ entry }) => (entry?.type === "symlink" ? entry.linkname : undefined),
        isBlocking: ({ entry }) => entry !== undefined && entry.type !== "folder",
      },
      pathComponents(path).join("/"),
      true,
    );
    return found === undefined || found.path === "" ? undefined : found.node?.owner;
  }

  #set(children: Map<string, ViewNode>, name: string, node: ViewNode | undefined): void {
    const before = children.get(name);
    this.#undo.push(() => void (before === undefined ? children.delete(name) : children.set(name, before)));
    if (node === undefined) children.delete(name);
    else children.set(name, node);
  }

  /** Lays a layer over the others. */
  add(entries: readonly ObservedEntry[], owner: Owner): Footprint {
    const hidden = new Map<Owner, number>();
    const after = new Set<number>();
    const parents = new Set<string>();
    const own = new Set(entries.map(({ path }) => path));
    const note = (whose: Owner, bytes: number) => {
      if (whose === owner) return;
      hidden.set(whose, (hidden.get(whose) ?? 0) + bytes);
      if (typeof whose === "number") after.add(whose);
    };
    let plainParents = true;
    let whiteouts = false;
    for (const entry of entries) {
      const names = pathComponents(entry.path);
      const name = names.pop();
      if (name === undefined) continue;
      let folder = this.#root;
      let path = "";
      for (const part of names) {
        path = path === "" ? part : `${path}/${part}`;
        folder = this.#child(folder, part, owner);
        if (own.has(path)) continue;
        parents.add(path);
        if (folder.entry === undefined || isPlainFolder(folder.entry)) continue;
        plainParents = false;
        if (typeof folder.owner === "number" && folder.owner !== owner) after.add(folder.owner);
      }
      if (name === OPAQUE_NAME) {
        whiteouts = true;
        for (const [below, one] of [...(folder.children ?? [])]) {
          forget(one, owner, note);
          if (one.owner !== owner) this.#set(folder.children!, below, undefined);
        }
      } else if (name.startsWith(WHITEOUT_PREFIX)) {
        whiteouts = true;
        const target = name.slice(WHITEOUT_PREFIX.length);
        const gone = folder.children?.get(target);
        if (gone === undefined) continue;
        forget(gone, owner, note);
        this.#set(folder.children!, target, undefined);
      } else this.#put(folder, name, entry, owner, note);
    }
    return { hidden, after, plainParents, parents, whiteouts };
  }

  #child(folder: ViewNode, name: string, owner: Owner): ViewNode {
    folder.children ??= new Map();
    const known = folder.children.get(name);
    if (known !== undefined) return known;
    const node: ViewNode = { owner };
    this.#set(folder.children, name, node);
    return node;
  }

  #put(
    folder: ViewNode,
    name: string,
    entry: ObservedEntry,
    owner: Owner,
    note: (whose: Owner, bytes: number) => void,
  ): void {
    const before = folder.children?.get(name);
    const wasFolder = before?.entry?.type === "folder" || before?.children !== undefined;
    const children = entry.type === "folder" ? before?.children : undefined;
    if (before !== undefined && wasFolder && entry.type === "folder") {
      // Two equal plain directories are in nobody's way.
      if (before.entry !== undefined && isPlainFolder(before.entry) && isPlainFolder(entry)) return;
      if (before.entry !== undefined) note(before.owner, entryBytes(before.entry));
    } else if (before !== undefined) forget(before, owner, note);
    folder.children ??= new Map();
    this.#set(folder.children, name, { entry, owner, ...(children === undefined ? {} : { children }) });
  }
}

function forget(node: ViewNode, owner: Owner, note: (whose: Owner, bytes: number) => void): void {
  if (node.entry !== undefined && node.owner !== owner) note(node.owner, entryBytes(node.entry));
  for (const one of node.children?.values() ?? []) forget(one, owner, note);
}

/** Bytes of an entry in a tar: its header, and its content in whole blocks. */
function entryBytes({ type, size }: ObservedEntry): number {
  return 512 + (type === "file" ? Math.ceil(size / 512) * 512 : 0);
}

/** True when a directory is as one that comes into being above a file. */
function isPlainFolder({ type, mode, uid, gid, xattrs }: ObservedEntry): boolean {
  return type === "folder" && mode === 0o755 && uid === 0 && gid === 0 && xattrs === undefined;
}

/** The layers below stages: one view for all stages on the same layers, since bases are large and shared. */
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
