import type { FileNode, FolderNode, SymlinkNode } from "../../layer/tree-node.js";
import type { SourceEntry } from "../../ports/file-source.js";
import type { FileGuard } from "../../tar/entry-content.js";
import type { DraftTree } from "../draft-tree.js";
import { type CopyRules, contextMode } from "./copy-rules.js";
import { isFolder, notFolder, type Placing } from "./destination.js";

/** What `lstat` said of a host file, with the time of its last change of any kind for the cache key. */
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

/** Merges the contents of a context folder into a folder of the image. Folders on both sides get the source's attributes. */
export function mergeContext(
  draft: DraftTree,
  dest: FolderNode,
  destPath: string,
  entries: readonly SourceEntry[],
  rules: CopyRules,
  placing: Placing,
): void {
  const { uid, gid } = rules.ids ?? { uid: 0, gid: 0 };
  // Parents come before their children, so the folders above the current entry are always at hand.
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
