import type { FileGuard } from "../archive/tar-entry.js";
import type { IgnoreRules, ParentMatches } from "../core/ignore-rules.js";
import type { Mode } from "../image/mode.js";
import { modeAfter } from "../image/mode.js";
import type { SourceEntry } from "../ports/file-source.js";
import { isFolder, notFolder, type Placing } from "./destination.js";
import type { DraftTree } from "./draft-tree.js";
import type { Ids } from "./owners.js";
import type { FileNode, FolderNode, SymlinkNode, TreeNode } from "./tree.js";

/** The modes and owners that a copy gives. */
export interface CopyRules {
  /** Undefined: files of a context are root's, files of a stage keep their owner. */
  readonly ids: Ids | undefined;
  readonly mode: Mode | undefined;
  /** Takes all permission bits of a context from the disk: a mount shows its files as they are. */
  readonly asOnDisk?: boolean;
}

/**
 * The mode of something from a context. The disk's own bits depend on the umask of whoever checked the files out,
 * so only "the owner may execute it" is taken from them.
 */
export function contextMode(rules: CopyRules, type: "file" | "folder", onDisk: number): number {
  if (rules.asOnDisk === true) return onDisk;
  const normal = type === "folder" || (onDisk & 0o100) !== 0 ? 0o755 : 0o644;
  return rules.mode === undefined ? normal : modeAfter(rules.mode, normal, type === "folder");
}

/** The mode of something from a stage, which is kept with setuid, setgid and sticky. */
function stageMode(rules: CopyRules, type: string, before: number): number {
  if (rules.mode === undefined || type === "symlink") return before;
  return modeAfter(rules.mode, before, type === "folder");
}

/** The mode of the directory that a directory's contents go into, where it is new. */
export function topFolderMode(rules: CopyRules, onDisk: number | undefined): number {
  if (rules.asOnDisk === true && onDisk !== undefined) return onDisk;
  return rules.mode === undefined ? 0o755 : modeAfter(rules.mode, 0o755, true);
}

/** The answer of `lstat` for a host file, with the time of its last change of any kind for the cache key. */
export interface StampedGuard extends FileGuard {
  readonly ctimeMs: number;
}

/** The node of a file or link of a context. */
export function contextNode(entry: SourceEntry, rules: CopyRules): FileNode | SymlinkNode {
  const { uid, gid } = rules.ids ?? ROOT;
  if (entry.type === "symlink") {
    return { type: "symlink", mode: 0o777, uid, gid, mtime: 0, target: entry.target ?? "" };
  }
  const mode = contextMode(rules, "file", entry.mode);
  // The source's own object as it is: there are as many as files.
  return { type: "file", mode, uid, gid, mtime: 0, size: entry.size, content: entry.host };
}

const ROOT = { uid: 0, gid: 0 };

/**
 * Merges the contents of a context directory into a directory of the image. Directories on both sides get the source's
 * attributes.
 */
export function mergeContext(
  draft: DraftTree,
  dest: FolderNode,
  destPath: string,
  entries: readonly SourceEntry[],
  rules: CopyRules,
  placing: Placing,
): void {
  const { uid, gid } = rules.ids ?? { uid: 0, gid: 0 };
  // Parents come before their children, so the directories above the current entry are always at hand.
  const open: { readonly entry: SourceEntry | undefined; readonly folder: FolderNode }[] = [
    { entry: undefined, folder: dest },
  ];
  const links = new HardLinks(draft, rules);
  const place = (entry: SourceEntry) => `/${destPath === "" ? "" : `${destPath}/`}${entry.path}`;
  for (const entry of entries) {
    const { name } = entry;
    while (open.at(-1)!.entry !== entry.parent) open.pop();
    const parent = open.at(-1)!.folder;
    const existing = parent.children.get(name);
    if (entry.type === "folder") {
      if (existing !== undefined && existing.type !== "folder") {
        throw notFolder(place(entry), draft.tree, placing);
      }
      const folder = draft.writableChild(parent, name);
      folder.mode = contextMode(rules, "folder", entry.mode);
      folder.uid = uid;
      folder.gid = gid;
      open.push({ entry, folder });
    } else {
      if (existing?.type === "folder") throw isFolder(place(entry), placing);
      parent.children.set(name, entry.linked ? links.node(entry) : contextNode(entry, rules));
    }
  }
}

/** The files of one copied directory that have several names in it: they stay one file, as COPY leaves them. */
class HardLinks {
  readonly #nodes = new Map<string, FileNode | SymlinkNode>();
  readonly #draft: DraftTree;
  readonly #rules: CopyRules;

  constructor(draft: DraftTree, rules: CopyRules) {
    this.#draft = draft;
    this.#rules = rules;
  }

  node(entry: SourceEntry): FileNode | SymlinkNode {
    const { dev, ino } = entry.host.guard;
    const key = `${dev} ${ino}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) {
      this.#draft.hasLinks = true;
      return known;
    }
    const node = contextNode(entry, this.#rules);
    this.#nodes.set(key, node);
    return node;
  }
}

/** A node of another stage as the copy makes it. */
export function stageNode(node: Exclude<TreeNode, FolderNode>, rules: CopyRules): TreeNode {
  return { ...node, ...rules.ids, mode: stageMode(rules, node.type, node.mode) };
}

/** Merges a directory of another stage into a directory of the image; hard links inside of it stay hard links. */
export class StageMerge {
  readonly #draft: DraftTree;
  readonly #rules: CopyRules;
  readonly #exclude: IgnoreRules;
  readonly #placing: Placing;
  readonly #links = new Map<TreeNode, TreeNode>();

  constructor(draft: DraftTree, rules: CopyRules, exclude: IgnoreRules, placing: Placing) {
    this.#draft = draft;
    this.#rules = rules;
    this.#exclude = exclude;
    this.#placing = placing;
  }

  /** Merges `source` into `dest`, whose path in the image is `destPath`. */
  merge(dest: FolderNode, destPath: string, source: FolderNode): void {
    // The source may be part of the very tree that is written to, so its names are taken first.
    this.#merge(dest, destPath, [...source.children], "", undefined);
  }

  #merge(
    dest: FolderNode,
    destPath: string,
    children: readonly (readonly [string, TreeNode])[],
    prefix: string,
    parent: ParentMatches,
  ): void {
    for (const [name, node] of children) {
      const verdict = this.#exclude.decide(prefix + name, parent);
      const folder = node.type === "folder";
      if (verdict.ignored && !(folder && this.#exclude.mayHoldExceptions(prefix + name))) continue;
      const existing = dest.children.get(name);
      const path = destPath === "" ? name : `${destPath}/${name}`;
      if (!folder) {
        if (existing?.type === "folder") throw isFolder(`/${path}`, this.#placing);
        dest.children.set(name, this.#linked(node));
        continue;
      }
      if (existing !== undefined && existing.type !== "folder") {
        throw notFolder(`/${path}`, this.#draft.tree, this.#placing);
      }
      const made = this.#draft.writableChild(dest, name);
      Object.assign(made, { uid: node.uid, gid: node.gid, xattrs: node.xattrs }, this.#rules.ids);
      made.mode = stageMode(this.#rules, "folder", node.mode);
      this.#merge(made, path, [...node.children], `${prefix}${name}/`, verdict.matches);
    }
  }

  #linked(node: Exclude<TreeNode, FolderNode>): TreeNode {
    const known = this.#links.get(node);
    if (known !== undefined) {
      this.#draft.hasLinks = true;
      return known;
    }
    const copy = stageNode(node, this.#rules);
    this.#links.set(node, copy);
    return copy;
  }
}
