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
  const { uid, gid } = rules.ids ?? { uid: 0, gid: 0 };
  if (entry.type === "symlink") {
    return { type: "symlink", mode: 0o777, uid, gid, mtime: 0, target: entry.target ?? "" };
  }
  const guard = guardOf(entry);
  const mode = contextMode(rules, "file", entry.mode);
  const content = { kind: "file", path: entry.hostPath, guard } as const;
  return { type: "file", mode, uid, gid, mtime: 0, size: entry.size, content };
}

/** The stamp of a file with its size; most sources give it so already, and there are many files. */
function guardOf({ stamp, size }: SourceEntry): StampedGuard {
  return "size" in stamp && stamp.size === size ? (stamp as StampedGuard) : { ...stamp, size };
}

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
  const open: { readonly prefix: string; readonly folder: FolderNode }[] = [{ prefix: "", folder: dest }];
  for (const entry of entries) {
    const { path } = entry;
    const slash = path.lastIndexOf("/");
    const name = slash < 0 ? path : path.slice(slash + 1);
    while (open.length > 1 && !path.startsWith(open.at(-1)!.prefix)) open.pop();
    const parent = open.at(-1)!.folder;
    const existing = parent.children.get(name);
    if (entry.type === "folder") {
      if (existing !== undefined && existing.type !== "folder") {
        throw notFolder(`/${destPath === "" ? "" : `${destPath}/`}${path}`, draft.tree, placing);
      }
      const folder = draft.writableChild(parent, name);
      folder.mode = contextMode(rules, "folder", entry.mode);
      folder.uid = uid;
      folder.gid = gid;
      open.push({ prefix: `${path}/`, folder });
    } else {
      if (existing?.type === "folder")
        throw isFolder(`/${destPath === "" ? "" : `${destPath}/`}${path}`, placing);
      parent.children.set(name, contextNode(entry, rules));
    }
  }
}
